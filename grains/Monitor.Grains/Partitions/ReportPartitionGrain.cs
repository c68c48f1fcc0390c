using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Monitor.Grains.Abstractions;
using Monitor.Grains.Feeds;
using Monitor.Grains.Placement;
using Monitor.Grains.Staleness;
using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Rules.Keys;
using Monitor.Rules.Staleness;

namespace Monitor.Grains.Partitions;

/// <summary>Feeds the instances of a partition, watches their deadlines, and lists them.</summary>
[KeepAlive, PartitionPlacement(KeyKind.Partition), ImplicitStreamSubscription(StreamNames.Reports)]
internal sealed partial class ReportPartitionGrain(
    IJournal journal, PartitionHomes homes, IOptions<GrainOptions> options, TimeProvider clock, BlindTimes blindTimes, StringPool strings, ILogger<ReportPartitionGrain> logger)
    : PartitionGrain(Topic.Reports, journal, homes, options, clock, logger), IReportPartitionGrain, IReportHandOver, IBlindness
{
    private const int MostEvaluations = 256;

    private readonly OrderedIndex<OwnedKey> directory = new(o => o.Instance);
    private readonly Dictionary<string, int> services = [];
    private readonly PriorityQueue<OwnedKey, long> deadlines = new();
    private BlindWindows blind = BlindWindows.None;
    private long beatMs;

    protected override TimeSpan Retention => Options.RawRetention;

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        blindTimes.Tell(Partition, null);
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    public Task<BlindWindow[]> Blind() => Task.FromResult<BlindWindow[]>([.. blind.ToMessages()]);

    public Task<DirectoryPage> List(DirectoryQuery query)
    {
        var page = new List<DirectoryEntry>();
        InstanceKey? after = query.AfterInstance is null ? null : new(query.AfterService ?? "", query.AfterInstance);
        foreach (var owned in directory.After(after, query.Service))
        {
            var matches = MatchesOf(owned.Entry, query);
            if (matches == 0) continue;
            if (page.Count == query.MaxEntries) return Task.FromResult(new DirectoryPage(page, true));
            page.Add(new(owned.Instance.Service, owned.Instance.Instance, matches));
        }

        return Task.FromResult(new DirectoryPage(page, false));
    }

    public Task<IReadOnlyList<string>> Find(string instance)
    {
        IReadOnlyList<string> found = [.. services.Keys.Where(s => directory.Find(new(s, instance)) is not null).Order(StringComparer.Ordinal)];
        return Task.FromResult(found);
    }

    Task<IReadOnlyList<string>> IReportPartitionGrain.Services() =>
        Task.FromResult<IReadOnlyList<string>>([.. services.Keys.Order(StringComparer.Ordinal)]);

    protected override IFeedTarget TargetOf(string key) => GrainFactory.GetGrain<IInstanceFeed>(key);

    protected override InstanceKey InstanceOf(string key)
    {
        var instance = InstanceKey.Parse(key);
        return new(strings.Intern(instance.Service), strings.Intern(instance.Instance));
    }

    /// <summary>The time since the last beat was spent blind: whatever came due in it gets an interval more.</summary>
    protected override async Task RestoreAsync(Checkpoint checkpoint, PartitionSnapshot snapshot, CancellationToken cancellationToken)
    {
        blind = BlindWindows.From(snapshot.Blind);
        beatMs = checkpoint.BeatMs;
        if (beatMs > 0) await NoteBlindAsync(NowMs(), cancellationToken);
        blindTimes.Tell(Partition, blind);
    }

    protected override void Owned(OwnedKey owned)
    {
        directory.Add(owned);
        services[owned.Instance.Service] = services.GetValueOrDefault(owned.Instance.Service) + 1;
        Fed(owned);
    }

    protected override void Disowned(OwnedKey owned)
    {
        directory.Remove(owned.Instance);
        if (--services[owned.Instance.Service] == 0) services.Remove(owned.Instance.Service);
    }

    /// <summary>Queues its deadline where none is queued, or a later one. One that is queued too early is put off when it comes up: most reports only put it off.</summary>
    protected override void Fed(OwnedKey owned)
    {
        var deadline = owned.Entry.DeadlineMs;
        if (deadline == 0 || (owned.QueuedDeadlineMs > 0 && owned.QueuedDeadlineMs <= deadline)) return;
        owned.QueuedDeadlineMs = deadline;
        deadlines.Enqueue(owned, deadline);
    }

    protected override void Save(PartitionSnapshot snapshot) => snapshot.Blind.AddRange(blind.ToMessages());

    protected override async Task BeforeUpkeepAsync()
    {
        var now = NowMs();
        if (now - beatMs >= Options.BeatPeriod.TotalMilliseconds)
        {
            if (beatMs > 0 && now - beatMs >= Options.BlindAfter.TotalMilliseconds) await NoteBlindAsync(now, CancellationToken.None);
            await Journal.BeatAsync(Topic.Reports, [Partition], now, CancellationToken.None);
            beatMs = now;
        }

        await EvaluateAsync(now);
    }

    private async Task NoteBlindAsync(long nowMs, CancellationToken cancellationToken)
    {
        LogBlind(Partition, TimeSpan.FromMilliseconds(nowMs - beatMs));
        blind = blind.With(beatMs, nowMs);
        blindTimes.Tell(Partition, blind);
        await SaveAsync(cancellationToken);
        beatMs = nowMs;
    }

    private async Task EvaluateAsync(long nowMs)
    {
        var due = new List<OwnedKey>();
        while (true)
        {
            due.Clear();
            while (due.Count < MostEvaluations && deadlines.TryPeek(out var owned, out var deadline) && deadline < nowMs)
            {
                deadlines.Dequeue();
                if (owned.QueuedDeadlineMs != deadline) continue; // queued again for an earlier one
                owned.QueuedDeadlineMs = 0;
                if (owned.Entry.DeadlineMs < nowMs) due.Add(owned);
                else Fed(owned);
            }

            if (due.Count == 0) return;
            await Task.WhenAll(due.Select(EvaluateAsync));
        }
    }

    private async Task EvaluateAsync(OwnedKey owned)
    {
        try
        {
            Note(owned, await GrainFactory.GetGrain<IInstanceFeed>(owned.Entry.Key).Evaluate());
        }
        catch (Exception e)
        {
            // Again with the next upkeep.
            LogEvaluationFailed(owned.Entry.Key, e);
            owned.Entry.DeadlineMs = NowMs() + 1000;
            Fed(owned);
        }
    }

    private static int MatchesOf(PartitionEntry entry, DirectoryQuery query) => query.Subject switch
    {
        DirectorySubject.Status => entry.HasStatus ? 1 : 0,
        DirectorySubject.Stats => entry.HasStats ? 1 : 0,
        _ => query.CheckStatus switch
        {
            HealthCheck.Types.Status.Ok => entry.Ok,
            HealthCheck.Types.Status.Error => entry.Error,
            _ => entry.Ok + entry.Error + entry.Unknown,
        },
    };

    [LoggerMessage(1205, LogLevel.Information, "Partition {Partition} was blind for {Gap}: what came due in that time gets an interval more.")]
    private partial void LogBlind(int partition, TimeSpan gap);

    [LoggerMessage(1206, LogLevel.Warning, "The deadlines of instance {Instance} could not be evaluated; they will be.")]
    private partial void LogEvaluationFailed(string instance, Exception exception);
}
