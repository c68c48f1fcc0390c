using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.Options;
using Monitor.Grains.Abstractions;
using Monitor.Grains.Feeds;
using Monitor.Grains.Loading;
using Monitor.Grains.Placement;
using Monitor.Grains.Staleness;
using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Rules.Instances;
using Monitor.Rules.Keys;
using Monitor.Rules.Staleness;

namespace Monitor.Grains.Instances;

/// <summary>
/// Shell of <see cref="InstanceState"/>: loads it, feeds it, makes its transitions durable, asks it. The state may be ahead of what was fed, never behind what a feed
/// answered.
/// </summary>
[PartitionPlacement(KeyKind.Instance)]
internal sealed partial class ServiceInstanceGrain(
    IJournal journal, PartitionHomes homes, KeyLoader loader, BlindTimes blindTimes, ScanScratch scratch, StringPool strings, TimeProvider clock, IOptions<GrainOptions> options)
    : Grain, IServiceInstanceGrain, IInstanceFeed
{
    private const long KeptMs = 10_000;

    private readonly RecentRecords recent = new(options.Value.RecentBytes);
    private InstanceState state = null!;
    private string key = "";
    private int partition;
    private long storedVersion;
    private long snapshotPosition;
    private long caughtUpMs;
    private Dictionary<int, long>? told; // by partition of the events, up to where this instance's go; kept only while someone may wait for them
    private long toldMs;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        key = this.GetPrimaryKeyString();
        var instance = InstanceKey.Parse(key);
        partition = Partitioner.OfInstance(instance.Instance, journal.Partitions);
        var loaded = await loader.LoadAsync(Topic.Reports, partition, key);
        state = loaded.Snapshot is { } snapshot
            ? InstanceState.From(InstanceSnapshot.Parser.ParseFrom(snapshot.Payload), strings.Intern)
            : new InstanceState(new(strings.Intern(instance.Service), strings.Intern(instance.Instance)), strings.Intern);
        storedVersion = loaded.Snapshot?.Version ?? 0;
        snapshotPosition = loaded.Snapshot?.Position ?? 0;
        if (loaded.Records.Count > 0) Apply(loaded.Records, await blindTimes.NowAsync(partition));
    }

    public async Task<FeedResult> Feed(JournalRecord[] records, long blindUntilMs)
    {
        var blind = await blindTimes.Of(partition, blindUntilMs);
        if (told is not null && NowMs() - toldMs > KeptMs) told = null;
        Apply(records, blind);
        await CommitAsync();
        // Its partition is read elsewhere now: the next feed finds it there.
        if (!homes.IsHere(partition)) this.MigrateOnIdle();
        return Answer(blind);
    }

    public async Task<FeedResult> Evaluate(long nowMs, long blindUntilMs)
    {
        await CatchUpAsync();
        var blind = await blindTimes.Of(partition, blindUntilMs);
        state.Evaluate(nowMs, NowMs(), blind);
        await CommitAsync();
        return Answer(blind);
    }

    public Task<FeedSnapshot> Snapshot()
    {
        // With transitions still to commit, the commit stores it.
        var stored = state.Position <= snapshotPosition || state.Events.Count > 0;
        return Task.FromResult(stored
            ? new FeedSnapshot(snapshotPosition, storedVersion, null)
            : new(state.Position, state.Version, state.ToSnapshot().ToByteArray()));
    }

    public async Task<IReadOnlyList<HealthCheck>> HealthChecks(string? check, View view)
    {
        var blind = await CurrentAsync();
        return state.HealthChecks(check, view, NowMs(), blind);
    }

    public async Task<Status?> Status(View view)
    {
        var blind = await CurrentAsync();
        return state.Status(view, NowMs(), blind);
    }

    public async Task<Stats?> Stats(View view)
    {
        var blind = await CurrentAsync();
        return state.Stats(view, NowMs(), blind);
    }

    public async Task<IReadOnlyList<ReportOutcome>?> Outcomes(long position)
    {
        // Not waited for here: the record itself. This call would keep the grain from starting again, where that is what its delivery waits for. It has been delivered,
        // but maybe not to this activation, of two that there are for a moment when a silo dies.
        if (state.Position < position) return null;
        var events = told;
        if (events is not null)
        {
            var reached = await Task.WhenAll(events.Select(e => GrainFactory.GetGrain<IEventPartitionGrain>(Text(e.Key)).Reached(e.Value)));
            if (reached.Contains(false)) return null;
            if (ReferenceEquals(told, events)) told = null;
        }

        return state.Irregular.Of(position);
    }

    private void Apply(IReadOnlyList<JournalRecord> records, BlindWindows blind)
    {
        foreach (var record in records)
        {
            if (record.Sequence <= state.Position) continue;
            state.Apply(record.Payload, record.Sequence, record.ReceivedAtMs, blind, scratch.Batch);
            recent.Add(record);
        }
    }

    /// <summary>Makes pending transitions durable, with the state they come from. They stay pending where it fails, and a later feed tries again.</summary>
    private async Task CommitAsync()
    {
        if (state.Events.Count == 0) return;
        var events = state.Events.ConvertAll(e =>
        {
            var target = e.Check.Length > 0 ? EventKey.OfCheck(e.Check) : EventKey.OfService(e.Service.Name);
            return (Partitioner.OfEvent(target, journal.Partitions), new JournalRecord(target.ToString(), e.ToByteArray()));
        });
        var snapshot = new Snapshot(key, state.Position, state.Version, state.ToSnapshot().ToByteArray());
        if (!await journal.CommitAsync(new(partition, snapshot, storedVersion, events), CancellationToken.None))
        {
            // Another activation has gone on from the same state, or an earlier try was kept after all: start again from what is stored.
            DeactivateOnIdle();
            throw new InvalidOperationException($"Instance '{key}' was overtaken at version {storedVersion}; it starts again.");
        }

        storedVersion = snapshot.Version;
        snapshotPosition = snapshot.Position;
        state.Events.Clear();
        (told, toldMs) = (told is null ? [] : new(told), NowMs());
        foreach (var (target, record) in events) told[target] = record.Sequence;
    }

    /// <summary>Before it is said that the instance is silent, the journal is asked: delivery may lag behind it.</summary>
    private async ValueTask<BlindWindows> CurrentAsync()
    {
        var blind = await blindTimes.Of(partition);
        var now = NowMs();
        if (!state.IsOverdue(now, blind)) return blind;
        if (now - caughtUpMs >= 1000) await CatchUpAsync();
        return await blindTimes.NowAsync(partition);
    }

    private async Task CatchUpAsync()
    {
        var now = NowMs();
        var records = await loader.ReadAsync(Topic.Reports, partition, key, state.Position);
        caughtUpMs = now;
        if (records.Count > 0) Apply(records, await blindTimes.NowAsync(partition));
    }

    private FeedResult Answer(BlindWindows blind)
    {
        var summary = state.Summarise();
        var deadline = state.NextDeadlineMs(blind);
        return new(
            deadline == Deadlines.Never ? 0 : deadline,
            snapshotPosition,
            summary.Ok,
            summary.Error,
            summary.Unknown,
            summary.HasStatus,
            summary.HasStats,
            summary.HasStatus || summary.HasStats || summary.Ok + summary.Error + summary.Unknown > 0)
        {
            Status = summary.Status,
            Overdue = summary.Overdue,
            OverdueChecks = summary.OverdueChecks,
            OverdueError = summary.OverdueError,
            OverdueOk = summary.OverdueOk,
        };
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private long NowMs() => clock.GetUtcNow().ToUnixTimeMilliseconds();
}
