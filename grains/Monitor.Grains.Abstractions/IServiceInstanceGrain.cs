using Monitor.Protocol;
using Orleans.Concurrency;

namespace Monitor.Grains.Abstractions;

/// <summary>
/// One service instance: its latest status, stats and result of each healthcheck, and recent history. Key: service and instance id, as <c>service/id</c>.
/// Every answer holds all that is durable in the journal when the grain is activated, and what has been delivered since; freshness is as of the call.
/// </summary>
[Alias("monitor.instance")]
public interface IServiceInstanceGrain : IGrainWithStringKey
{
    /// <summary>Its unexpired healthchecks, by ascending id; with <paramref name="check"/>, that one only. Empty where there are none.</summary>
    [Alias("checks"), ReadOnly]
    Task<IReadOnlyList<HealthCheck>> HealthChecks(string? check, View view);

    /// <summary>Its status, null where it is expired or was never seen. UNKNOWN with info "Last update X ago" where it is overdue.</summary>
    [Alias("status"), ReadOnly]
    Task<Status?> Status(View view);

    /// <summary>Its latest stats, null where there are none or they are expired.</summary>
    [Alias("stats"), ReadOnly]
    Task<Stats?> Stats(View view);

    /// <summary>What it reported, newest first. <paramref name="request"/> names this instance; its limit is between 1 and 10,000.</summary>
    [Alias("history"), ReadOnly]
    Task<HistoryResponse> History(HistoryRequest request);

    /// <summary>
    /// Waits until every query sees the transitions that the instance made, and answers the outcome of each report of a record that was not simply accepted, with the
    /// report's index in the record. Null: ask again, some query does not see them yet. To be asked when the record's partition has <see cref="IReportPartitionGrain.Reached"/> it.
    /// </summary>
    /// <param name="position">The record's sequence.</param>
    [Alias("outcomes"), AlwaysInterleave]
    Task<IReadOnlyList<ReportOutcome>?> Outcomes(long position);
}
