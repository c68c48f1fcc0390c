using System.Globalization;
using Monitor.Journal;
using Orleans.Runtime;
using Orleans.Streams;

namespace Monitor.Streaming;

/// <summary>
/// Which streams there are: for each topic and partition one, in one queue of its own. Their number is fixed by the journal. The namespace is the topic's name in lower
/// case, the key the partition's number in decimal.
/// </summary>
internal sealed class JournalStreams : IConsistentRingStreamQueueMapper
{
    private readonly Dictionary<QueueId, (Topic Topic, int Partition)> parts = [];
    private readonly Dictionary<StreamId, QueueId> queues = [];

    public JournalStreams(string provider, int partitions)
    {
        var topics = Enum.GetValues<Topic>();
        var count = (uint)(topics.Length * partitions);
        foreach (var topic in topics)
        {
            for (var partition = 0; partition < partitions; partition++)
            {
                // Spread evenly over the ring, so that silos share each topic evenly.
                var number = (uint)(partition * topics.Length) + (uint)topic - 1;
                var queue = QueueId.GetQueueId(provider, number, uint.MaxValue / count * number);
                parts.Add(queue, (topic, partition));
                queues.Add(IdOf(topic, partition), queue);
            }
        }
    }

    public static StreamId IdOf(Topic topic, int partition) =>
        StreamId.Create(NamespaceOf(topic), partition.ToString(CultureInfo.InvariantCulture));

    public (Topic Topic, int Partition) PartOf(QueueId queue) => parts[queue];

    public (Topic Topic, int Partition) PartOf(StreamId stream) => parts[GetQueueForStream(stream)];

    public IEnumerable<QueueId> GetAllQueues() => parts.Keys;

    public IEnumerable<QueueId> GetQueuesForRange(IRingRange range) => parts.Keys.Where(q => range.InRange(q.GetUniformHashCode()));

    public QueueId GetQueueForStream(StreamId streamId) => queues.TryGetValue(streamId, out var queue)
        ? queue
        : throw new ArgumentException($"There is no stream '{streamId}': a stream is 'reports' or 'events' and the number of a partition.", nameof(streamId));

    private static string NamespaceOf(Topic topic) => topic switch
    {
        Topic.Reports => "reports",
        Topic.Events => "events",
        _ => throw new ArgumentOutOfRangeException(nameof(topic), topic, "Unknown topic."),
    };
}
