using Google.Protobuf;
using Monitor.Grains.Abstractions;
using Monitor.Grains.Feeds;
using Monitor.Grains.Loading;
using Monitor.Grains.Placement;
using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Rules.Checks;
using Monitor.Rules.Keys;

namespace Monitor.Grains.Checks;

/// <summary>Shell of <see cref="HealthCheckIndex"/>.</summary>
[PartitionPlacement(KeyKind.Check)]
internal sealed class HealthCheckGrain(IJournal journal, PartitionHomes homes, KeyLoader loader, StringPool strings)
    : EventView(journal, homes, loader), IHealthCheckGrain, IHealthCheckFeed
{
    private HealthCheckIndex index = null!;

    protected override EventKey Key => EventKey.OfCheck(this.GetPrimaryKeyString());

    protected override bool IsLive => index.Count > 0;

    public Task<HealthCheckPage> Page(HealthCheckPageQuery query)
    {
        if (Position == 0)
        {
            DeactivateOnIdle(); // anyone may ask for anything: what does not exist takes no memory
            return Task.FromResult(new HealthCheckPage(false, [], false));
        }

        InstanceKey? after = query.AfterInstance is null ? null : new(query.AfterService ?? "", query.AfterInstance);
        var page = index.Page(query.Service, query.Status, after, query.Offset, query.Limit, out var more);
        return Task.FromResult(new HealthCheckPage(true, [.. page.Select(k => new DirectoryEntry(k.Service, k.Instance, 1))], more));
    }

    protected override void Restore(byte[]? snapshot) => index = snapshot is null
        ? new(strings.Intern)
        : HealthCheckIndex.From(HealthCheckSnapshot.Parser.ParseFrom(snapshot), strings.Intern);

    protected override void Apply(Event transition) => index.Apply(transition);

    protected override IMessage Save() => index.ToSnapshot();
}
