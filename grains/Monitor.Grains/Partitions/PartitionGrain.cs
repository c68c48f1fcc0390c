using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Monitor.Grains.Abstractions;
using Monitor.Grains.Feeds;
using Monitor.Grains.Placement;
using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Rules.Keys;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace Monitor.Grains.Partitions;

/// <summary>
/// Consumes one partition of a topic: feeds each record to the grain of its key, in order, with awaited calls, and keeps the directory of the keys. Its checkpoint in the
/// journal is where delivery starts again; what lies after it is fed again and passed over.
/// <para>Not reentrant: deliveries and upkeep take turns. Reads interleave with them at their awaits, between which the directory is whole.</para>
/// </summary>
internal abstract partial class PartitionGrain(Topic topic, IJournal journal, PartitionHomes homes, IOptions<GrainOptions> options, TimeProvider clock, ILogger logger)
    : Grain, IAsyncObserver<IReadOnlyList<JournalRecord>>, IStreamSubscriptionObserver, IHandOver
{
    // A grain that is called is not idle, and leaves, when it must, only when it is: a call that waits must end soon.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, OwnedKey> keys = [];
    private readonly Dictionary<string, List<JournalRecord>> groups = [];
    private long applied;
    private long wholeFrom; // the directory is whole once this is applied: what the journal held when the grain became active
    private long oldestUnappliedMs;
    private bool changed; // what is saved of the partition is behind, though nothing more may come
    private long savedAt;
    private bool delivered;
    private List<(long Position, TaskCompletionSource<bool> Reached)> waiting = [];

    protected int Partition { get; private set; }

    protected GrainOptions Options => options.Value;

    protected IJournal Journal => journal;

    protected TimeProvider Clock => clock;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Partition = int.Parse(this.GetPrimaryKeyString(), CultureInfo.InvariantCulture);
        if (Partition < 0 || Partition >= journal.Partitions)
            throw new InvalidOperationException($"There is no partition {Partition}: the journal has {journal.Partitions}.");
        var checkpoint = await journal.LoadCheckpointAsync(topic, Partition, cancellationToken);
        var snapshot = PartitionSnapshot.Parser.ParseFrom(checkpoint.State);
        foreach (var entry in snapshot.Entries) Mark(Own(entry));
        applied = checkpoint.Position;
        wholeFrom = await journal.HeadAsync(topic, Partition, cancellationToken);
        savedAt = clock.GetTimestamp();
        Restore(checkpoint, snapshot);
        this.RegisterGrainTimer(UpkeepAsync, new() { DueTime = TimeSpan.Zero, Period = TimeSpan.FromSeconds(1), KeepAlive = true });
        LogActive(topic, Partition, keys.Count, applied);
    }

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<IReadOnlyList<JournalRecord>>().ResumeAsync(this, applied == 0 ? null : new EventSequenceTokenV2(applied));

    public async Task OnNextAsync(IReadOnlyList<JournalRecord> run, StreamSequenceToken? token = null)
    {
        delivered = true;
        if (run[^1].Sequence <= applied) return;

        // Delivery restarts at or before what was applied, so there is no gap but one that retention made; nothing is skipped on trust.
        while (run[0].Sequence > applied + 1)
        {
            var missing = await journal.ReadAsync(topic, Partition, applied, run.Count, 1 << 20, CancellationToken.None);
            if (missing.Count == 0 || missing[0].Sequence >= run[0].Sequence) break;
            await ApplyAsync(missing);
        }

        await ApplyAsync(run);
    }

    public Task OnErrorAsync(Exception ex)
    {
        LogStreamError(topic, Partition, ex);
        return Task.CompletedTask;
    }

    public async Task<PartitionProgress> Progress()
    {
        var head = await journal.HeadAsync(topic, Partition, CancellationToken.None);
        if (applied >= head) return new(applied, head, 0, keys.Count);
        if (oldestUnappliedMs > 0) return new(applied, head, oldestUnappliedMs, keys.Count);
        var next = await journal.ReadAsync(topic, Partition, applied, 1, 1, CancellationToken.None);
        return new(applied, head, next.Count > 0 ? next[0].ReceivedAtMs : 0, keys.Count);
    }

    public async Task<bool> Reached(long position)
    {
        if (applied >= position) return true;
        if (leaving) return false;
        var reached = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var wait = (position, reached);
        waiting.Add(wait);
        try
        {
            return await reached.Task.WaitAsync(LongestWait, clock);
        }
        catch (TimeoutException)
        {
            waiting.Remove(wait);
            return false;
        }
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Leave();
        return Task.CompletedTask;
    }

    protected IReadOnlyDictionary<string, OwnedKey> Keys => keys;

    /// <summary>
    /// Whether the directory holds all that the journal held when the grain became active: its checkpoint is older. Waited for as in <see cref="Reached"/>; false: it is to be asked again.
    /// </summary>
    protected Task<bool> IsWholeAsync() => Reached(wholeFrom);

    /// <summary>The grain to feed.</summary>
    protected abstract IFeedTarget TargetOf(string key);

    /// <summary>The key as an instance; in an event partition nothing.</summary>
    protected abstract InstanceKey InstanceOf(string key);

    /// <summary>End of the latest blind window, for those that are fed now.</summary>
    protected virtual long BlindUntilMs => 0;

    protected virtual void Restore(Checkpoint checkpoint, PartitionSnapshot snapshot)
    {
    }

    protected virtual void Owned(OwnedKey owned)
    {
    }

    protected virtual void Fed(OwnedKey owned)
    {
    }

    private OwnedKey Own(PartitionEntry entry)
    {
        var owned = new OwnedKey(entry, InstanceOf(entry.Key));
        keys.Add(entry.Key, owned);
        Owned(owned);
        return owned;
    }

    private async Task ApplyAsync(IReadOnlyList<JournalRecord> run)
    {
        oldestUnappliedMs = run[0].ReceivedAtMs;
        groups.Clear();
        foreach (var record in run)
        {
            if (record.Sequence <= applied) continue;
            if (!groups.TryGetValue(record.Key, out var group)) groups.Add(record.Key, group = new(1));
            group.Add(record);
        }

        var blindUntilMs = BlindUntilMs;
        await Task.WhenAll(groups.Select(g => FeedAsync(g.Key, [.. g.Value], blindUntilMs)));
        applied = run[^1].Sequence;
        oldestUnappliedMs = 0;
        if (waiting.Count == 0) return;
        foreach (var (_, reached) in waiting.Where(w => w.Position <= applied)) reached.TrySetResult(true);
        waiting = [.. waiting.Where(w => w.Position > applied)];
    }

    private async Task FeedAsync(string key, JournalRecord[] records, long blindUntilMs)
    {
        var result = await TargetOf(key).Feed(records, blindUntilMs);
        if (!keys.TryGetValue(key, out var owned)) owned = Own(new() { Key = key });
        owned.Entry.LastPosition = Math.Max(owned.Entry.LastPosition, records[^1].Sequence);
        owned.Entry.LastReceivedMs = records[^1].ReceivedAtMs;
        Note(owned, result);
    }

    protected virtual void Note(OwnedKey owned, FeedResult result)
    {
        owned.Note(result);
        changed = true;
        Mark(owned);
        Fed(owned);
    }

    protected long NowMs() => clock.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(1200, LogLevel.Debug, "{Topic} partition {Partition} is active: {Keys} keys, applied up to {Applied}.")]
    private partial void LogActive(Topic topic, int partition, int keys, long applied);

    [LoggerMessage(1201, LogLevel.Error, "The stream of {Topic} partition {Partition} reported an error.")]
    private partial void LogStreamError(Topic topic, int partition, Exception exception);
}
