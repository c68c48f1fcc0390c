using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Monitor.Grains.Abstractions;
using Monitor.Grains.Feeds;
using Monitor.Grains.Placement;
using Monitor.Grains.Staleness;
using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Rules.Keys;
using Monitor.Rules.Services;

namespace Monitor.Grains.Partitions;

/// <summary>Feeds the instances of a partition, watches their deadlines, and lists them.</summary>
[KeepAlive, PartitionPlacement(KeyKind.Partition), ImplicitStreamSubscription(StreamNames.Reports)]
internal sealed partial class ReportPartitionGrain(
    IJournal journal, PartitionHomes homes, IOptions<GrainOptions> options, TimeProvider clock, BlindTimes blindTimes, Receivers receivers, StringPool strings,
    GrainsOf<IInstanceFeed> instances, ILogger<ReportPartitionGrain> logger)
    : PartitionGrain(Topic.Reports, journal, homes, options, clock, logger), IReportPartitionGrain, IReportHandOver, IBlindness
{
    private const int MostEvaluations = 1024;

    private readonly OrderedIndex<OwnedKey> directory = new(o => o.Instance);
    private readonly Dictionary<string, ServiceOfPartition> services = [];
    private readonly PriorityQueue<OwnedKey, long> deadlines = new();

    protected override TimeSpan Retention => Options.RawRetention;

    public async Task<DirectoryPage?> List(DirectoryQuery query)
    {
        if (!await IsWholeAsync()) return null;
        var page = new List<DirectoryEntry>();
        InstanceKey? after = query.AfterInstance is null ? null : new(query.AfterService ?? "", query.AfterInstance);
        foreach (var owned in directory.After(after, query.Service))
        {
            var matches = MatchesOf(owned.Entry, query);
            if (matches == 0) continue;
            if (page.Count == query.MaxEntries) return new(page, true);
            page.Add(new(owned.Instance.Service, owned.Instance.Instance, matches));
        }

        return new(page, false);
    }

    public async Task<IReadOnlyList<string>?> Find(string instance) =>
        await IsWholeAsync() ? [.. services.Keys.Where(s => directory.Find(new(s, instance)) is not null).Order(StringComparer.Ordinal)] : null;

    async Task<IReadOnlyList<string>?> IReportPartitionGrain.Services() => await IsWholeAsync() ? [.. services.Keys.Order(StringComparer.Ordinal)] : null;

    protected override IFeedTarget TargetOf(string key) => instances[key];

    protected override InstanceKey InstanceOf(string key)
    {
        var instance = InstanceKey.Parse(key);
        return new(strings.Intern(instance.Service), strings.Intern(instance.Instance));
    }

    protected override void Owned(OwnedKey owned)
    {
        directory.Add(owned);
        if (!services.TryGetValue(owned.Instance.Service, out var service)) services.Add(owned.Instance.Service, service = new(owned.Instance.Service));
        service.Instances++;
        Aggregate.Count(service.Counts, owned.Entry, 1);
        Fed(owned);
    }

    protected override void Disowned(OwnedKey owned)
    {
        directory.Remove(owned.Instance);
        var service = services[owned.Instance.Service];
        Aggregate.Count(service.Counts, owned.Entry, -1);
        if (--service.Instances == 0) services.Remove(owned.Instance.Service);
    }

    protected override void Note(OwnedKey owned, FeedResult result)
    {
        var counts = services[owned.Instance.Service].Counts;
        Aggregate.Count(counts, owned.Entry, -1);
        base.Note(owned, result);
        Aggregate.Count(counts, owned.Entry, 1);
    }

    /// <summary>Queues its deadline where none is queued, or a later one. One that is queued too early is put off when it comes up: most reports only put it off.</summary>
    protected override void Fed(OwnedKey owned)
    {
        var deadline = owned.Entry.DeadlineMs;
        if (deadline == 0 || (owned.QueuedDeadlineMs > 0 && owned.QueuedDeadlineMs <= deadline)) return;
        owned.QueuedDeadlineMs = deadline;
        deadlines.Enqueue(owned, deadline);
    }

    /// <summary>Judges whatever came due before an instant.</summary>
    private async Task EvaluateAsync(long untilMs)
    {
        var due = new List<OwnedKey>();
        while (true)
        {
            due.Clear();
            while (due.Count < MostEvaluations && deadlines.TryPeek(out var owned, out var deadline) && deadline < untilMs)
            {
                deadlines.Dequeue();
                if (owned.QueuedDeadlineMs != deadline) continue; // queued again for an earlier one
                owned.QueuedDeadlineMs = 0;
                if (owned.Entry.DeadlineMs < untilMs) due.Add(owned);
                else Fed(owned);
            }

            if (due.Count == 0) return;
            var blindUntilMs = BlindUntilMs;
            await Task.WhenAll(due.Select(o => EvaluateAsync(o, untilMs, blindUntilMs)));
        }
    }

    private async Task EvaluateAsync(OwnedKey owned, long untilMs, long blindUntilMs)
    {
        try
        {
            Note(owned, await instances[owned.Entry.Key].Evaluate(untilMs, blindUntilMs));
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

    /// <summary>What is counted of a service in this partition.</summary>
    private sealed class ServiceOfPartition(string name)
    {
        /// <summary>Known, live or not.</summary>
        public int Instances { get; set; }

        public ServiceSummary Counts { get; } = Aggregate.Empty(name);
    }

    [LoggerMessage(1206, LogLevel.Warning, "The deadlines of instance {Instance} could not be evaluated; they will be.")]
    private partial void LogEvaluationFailed(string instance, Exception exception);
}
