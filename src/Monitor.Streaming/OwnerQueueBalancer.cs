using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monitor.Journal;
using Orleans.Runtime;
using Orleans.Streams;

namespace Monitor.Streaming;

/// <summary>Has each silo read the queues of the partitions that it owns.</summary>
internal sealed class OwnerQueueBalancer(IServiceProvider services, IJournal journal, ILogger<OwnerQueueBalancer> logger) : QueueBalancerBase(services, logger)
{
    private JournalStreams streams = null!;
    private volatile IReadOnlyList<QueueId> mine = [];

    public static IStreamQueueBalancer Create(IServiceProvider services, string name) => ActivatorUtilities.CreateInstance<OwnerQueueBalancer>(services, services);

    public override Task Initialize(IStreamQueueMapper queueMapper)
    {
        streams = (JournalStreams)queueMapper;
        return base.Initialize(queueMapper);
    }

    public override IEnumerable<QueueId> GetMyQueues() => mine;

    protected override void OnClusterMembershipChange(HashSet<SiloAddress> activeSilos)
    {
        if (activeSilos.Count == 0) return;
        var owners = PartitionOwners.Of(journal.Partitions, activeSilos);
        mine = [.. streams.GetAllQueues().Where(queue => owners[streams.PartOf(queue).Partition].Equals(SiloAddress))];
        _ = NotifyListeners();
    }
}
