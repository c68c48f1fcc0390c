namespace Monitor.Journal.Sqlite;

/// <summary>One topic, in memory.</summary>
internal sealed class TopicLog
{
    private volatile Segment[] segments = [];

    public TopicLog(Topic topic, int partitions)
    {
        Topic = topic;
        Table = topic == Topic.Reports ? "reports" : "events";
        Partitions = [.. Enumerable.Range(0, partitions).Select(partition => new PartitionLog(topic, partition))];
    }

    public Topic Topic { get; }

    /// <summary>The table of its rows.</summary>
    public string Table { get; }

    public PartitionLog[] Partitions { get; }

    /// <summary>The kept segments, oldest first; the last is open. Readers take it once: it is replaced, never changed.</summary>
    public Segment[] Segments
    {
        get => segments;
        set => segments = value;
    }

    public Segment Open => segments[^1];

    /// <summary>Row number of the last batch that is committed. The writer's alone.</summary>
    public long LastBatch { get; set; }

    /// <summary>Batches of the group that is being committed. The writer's alone.</summary>
    public int StagedBatches { get; set; }
}
