using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Monitor.Grains.Abstractions;
using Monitor.Grains.Feeds;
using Monitor.Grains.Placement;
using Monitor.Journal;
using Monitor.Rules.Keys;

namespace Monitor.Grains.Partitions;

/// <summary>Feeds the healthchecks and services that the events of a partition concern.</summary>
[KeepAlive, PartitionPlacement(KeyKind.Partition), ImplicitStreamSubscription(StreamNames.Events)]
internal sealed class EventPartitionGrain(
    IJournal journal, PartitionHomes homes, IOptions<GrainOptions> options, TimeProvider clock, GrainsOf<IHealthCheckFeed> checks, GrainsOf<IServiceFeed> services,
    ILogger<EventPartitionGrain> logger)
    : PartitionGrain(Topic.Events, journal, homes, options, clock, logger), IEventPartitionGrain, IEventHandOver
{
    protected override TimeSpan Retention => Options.TransitionRetention;

    protected override InstanceKey InstanceOf(string key) => default;

    protected override IFeedTarget TargetOf(string key)
    {
        var target = EventKey.Parse(key);
        return target.IsCheck ? checks[target.Name] : services[target.Name];
    }
}
