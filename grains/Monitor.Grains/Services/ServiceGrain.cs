using Google.Protobuf;
using Monitor.Grains.Abstractions;
using Monitor.Grains.Feeds;
using Monitor.Grains.Loading;
using Monitor.Grains.Placement;
using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Rules.Keys;
using Monitor.Rules.Services;

namespace Monitor.Grains.Services;

/// <summary>Shell of <see cref="ServiceInstances"/>.</summary>
[PartitionPlacement(KeyKind.Service)]
internal sealed class ServiceGrain(IJournal journal, PartitionHomes homes, KeyLoader loader, StringPool strings)
    : EventView(journal, homes, loader), IServiceGrain, IServiceFeed
{
    private ServiceInstances instances = null!;

    protected override EventKey Key => EventKey.OfService(this.GetPrimaryKeyString());

    protected override bool IsLive => instances.Count > 0;

    public Task<IReadOnlyList<ServiceVersion>> Versions()
    {
        if (Position == 0) DeactivateOnIdle();
        IReadOnlyList<ServiceVersion> versions =
            [.. instances.Versions().Select(v => new ServiceVersion(v.Version, v.Instances, v.Worst, v.WorstInstance))];
        return Task.FromResult(versions);
    }

    protected override void Restore(byte[]? snapshot) => instances = snapshot is null
        ? new(strings.Intern)
        : ServiceInstances.From(ServiceSnapshot.Parser.ParseFrom(snapshot), strings.Intern);

    protected override void Apply(Event transition) => instances.Apply(transition);

    protected override IMessage Save() => instances.ToSnapshot();
}
