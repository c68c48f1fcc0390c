using Monitor.Journal;

namespace Monitor.Grains.Feeds;

/// <summary>
/// A grain that is a view of the records of one key. Its partition's grain feeds it, in order; it may be fed the same record again, and passes over what it has applied.
/// </summary>
[Alias("monitor.feed")]
internal interface IFeedTarget : IGrainWithStringKey
{
    /// <summary>Applies records. When it returns they, and the transitions they caused, are safe: they need not be fed again.</summary>
    /// <param name="records">Ascending.</param>
    /// <param name="blindUntilMs">End of the latest blind window that the partition knows of: nothing is judged by less. 0 in a partition of events.</param>
    [Alias("feed")]
    Task<FeedResult> Feed([Immutable] JournalRecord[] records, long blindUntilMs);

    /// <summary>Its state, to be stored; where the stored one is as good, only up to where that goes.</summary>
    [Alias("snapshot")]
    Task<FeedSnapshot> Snapshot();
}

/// <inheritdoc/>
[Alias("monitor.instance.feed")]
internal interface IInstanceFeed : IFeedTarget
{
    /// <summary>Notices what has gone silent.</summary>
    /// <param name="nowMs">The instant that the partition judges, not after now: it was not blind then, or knows that it was.</param>
    /// <param name="blindUntilMs">As in <see cref="IFeedTarget.Feed"/>.</param>
    [Alias("evaluate")]
    Task<FeedResult> Evaluate(long nowMs, long blindUntilMs);
}

/// <inheritdoc/>
[Alias("monitor.check.feed")]
internal interface IHealthCheckFeed : IFeedTarget;

/// <inheritdoc/>
[Alias("monitor.service.feed")]
internal interface IServiceFeed : IFeedTarget;

/// <summary>What a partition's directory keeps of a key.</summary>
/// <param name="DeadlineMs">When to evaluate it next, Unix milliseconds; 0: never.</param>
/// <param name="SnapshotPosition">Up to where its stored snapshot goes.</param>
/// <param name="Ok">Live healthchecks by status.</param>
/// <param name="Error">See <paramref name="Ok"/>.</param>
/// <param name="Unknown">See <paramref name="Ok"/>.</param>
/// <param name="HasStatus">Its status is live.</param>
/// <param name="HasStats">Its stats are live.</param>
/// <param name="IsLive">There is something to list.</param>
[GenerateSerializer, Immutable, Alias("monitor.feed-result")]
internal sealed record FeedResult(
    [property: Id(0)] long DeadlineMs,
    [property: Id(1)] long SnapshotPosition,
    [property: Id(2)] int Ok,
    [property: Id(3)] int Error,
    [property: Id(4)] int Unknown,
    [property: Id(5)] bool HasStatus,
    [property: Id(6)] bool HasStats,
    [property: Id(7)] bool IsLive)
{
    /// <inheritdoc cref="Monitor.Protocol.PartitionEntry.Status"/>
    [Id(8)]
    public int Status { get; init; }

    /// <inheritdoc cref="Monitor.Protocol.PartitionEntry.Overdue"/>
    [Id(9)]
    public bool Overdue { get; init; }

    /// <inheritdoc cref="Monitor.Protocol.PartitionEntry.OverdueChecks"/>
    [Id(10)]
    public int OverdueChecks { get; init; }

    /// <inheritdoc cref="Monitor.Protocol.PartitionEntry.OverdueError"/>
    [Id(11)]
    public int OverdueError { get; init; }

    /// <inheritdoc cref="Monitor.Protocol.PartitionEntry.OverdueOk"/>
    [Id(12)]
    public int OverdueOk { get; init; }
}

/// <inheritdoc cref="Monitor.Journal.Snapshot"/>
/// <param name="Payload">Null where the stored one is as good.</param>
[GenerateSerializer, Immutable, Alias("monitor.feed-snapshot")]
internal sealed record FeedSnapshot([property: Id(0)] long Position, [property: Id(1)] long Version, [property: Id(2)] byte[]? Payload);
