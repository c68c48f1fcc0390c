using Monitor.Protocol;
using Orleans.Concurrency;

namespace Monitor.Grains.Abstractions;

/// <summary>
/// One partition of the reports: the directory of its instances. Key: the partition's number, from 0, in decimal.
/// </summary>
[Alias("monitor.partition.reports")]
public interface IReportPartitionGrain : IGrainWithStringKey
{
    /// <summary>Instances of this partition that match, in the order of lists, after the given instance. Null: it has not read what the journal holds yet; ask again.</summary>
    [Alias("list"), AlwaysInterleave]
    Task<DirectoryPage?> List(DirectoryQuery query);

    /// <summary>Names of the services that have an instance of this id in this partition, in ordinal order; empty where it was never seen. Null: as in <see cref="List"/>.</summary>
    [Alias("find"), AlwaysInterleave]
    Task<IReadOnlyList<string>?> Find(string instance);

    /// <summary>Names of the services that have instances in this partition, in ordinal order, whether live or expired. Null: as in <see cref="List"/>.</summary>
    [Alias("services"), AlwaysInterleave]
    Task<IReadOnlyList<string>?> Services();

    /// <summary>Counts of its services, and how far and how blind it is, as of the call. It answers while the journal cannot be reached, too.</summary>
    /// <param name="service">Only this service; null: all.</param>
    [Alias("summary"), AlwaysInterleave]
    Task<PartitionSummary> Summary(string? service);

    /// <summary>How far it is. Activates it where it is not active.</summary>
    [Alias("progress"), AlwaysInterleave]
    Task<PartitionProgress> Progress();

    /// <summary>Whether every record up to a sequence is applied and in the directory: waits for it for a second. False: ask again, it may be elsewhere by then.</summary>
    [Alias("reached"), AlwaysInterleave]
    Task<bool> Reached(long position);

    /// <summary>A gateway says that it takes reports, to be said again and again, or that it stops to: silences are judged up to the last word of the quietest.</summary>
    /// <param name="gateway">Of one process, unique.</param>
    /// <param name="leaving">It takes none from now on.</param>
    [Alias("receiving"), AlwaysInterleave, ResponseTimeout("00:00:05")]
    Task Receiving(string gateway, bool leaving);
}

/// <summary>What a listing asks of each instance.</summary>
public enum DirectorySubject
{
    HealthChecks = 0,
    Status = 1,
    Stats = 2,
}

/// <param name="Subject">Counts what matches: unexpired healthchecks, a status, or stats.</param>
/// <param name="Service">Only this service; null: any.</param>
/// <param name="CheckStatus">Only healthchecks with this status; UNKNOWN: any.</param>
/// <param name="AfterService">List from after this instance; null: from the start.</param>
/// <param name="AfterInstance">See <paramref name="AfterService"/>.</param>
/// <param name="MaxEntries">At most this many instances, at least 1.</param>
[GenerateSerializer, Immutable, Alias("monitor.directory-query")]
public sealed record DirectoryQuery(
    [property: Id(0)] DirectorySubject Subject,
    [property: Id(1)] string? Service,
    [property: Id(2)] HealthCheck.Types.Status CheckStatus,
    [property: Id(3)] string? AfterService,
    [property: Id(4)] string? AfterInstance,
    [property: Id(5)] int MaxEntries);

/// <param name="Entries">Instances with at least one match.</param>
/// <param name="More">There are more after the last.</param>
[GenerateSerializer, Immutable, Alias("monitor.directory-page")]
public sealed record DirectoryPage([property: Id(0)] IReadOnlyList<DirectoryEntry> Entries, [property: Id(1)] bool More);

/// <param name="Service">Service name.</param>
/// <param name="Instance">Instance id.</param>
/// <param name="Matches">How many entries a query for it will answer, as far as is known without asking it: 1 for status and stats.</param>
[GenerateSerializer, Immutable, Alias("monitor.directory-entry")]
public readonly record struct DirectoryEntry([property: Id(0)] string Service, [property: Id(1)] string Instance, [property: Id(2)] int Matches);

/// <param name="Applied">Every record up to this sequence is applied.</param>
/// <param name="Head">Last sequence in the journal.</param>
/// <param name="OldestUnappliedMs">Receipt of the oldest record not applied, Unix milliseconds; 0 where all are.</param>
/// <param name="Keys">How many keys it owns.</param>
[GenerateSerializer, Immutable, Alias("monitor.partition-progress")]
public sealed record PartitionProgress(
    [property: Id(0)] long Applied,
    [property: Id(1)] long Head,
    [property: Id(2)] long OldestUnappliedMs,
    [property: Id(3)] int Keys);

/// <param name="Services">Counts of each service that has instances in this partition, live or expired, in no order; without a worst state.</param>
/// <param name="BehindMs">How long ago the oldest record that is not applied was received; 0 where all are. While the journal cannot be asked: since when it could not be.</param>
/// <param name="BlindSinceMs">Since when it is blind, Unix milliseconds; 0: it is not.</param>
/// <param name="Blind">Times in which it was blind, ascending; one that lasts goes up to the call.</param>
[GenerateSerializer, Immutable, Alias("monitor.partition-summary")]
public sealed record PartitionSummary(
    [property: Id(0)] IReadOnlyList<ServiceSummary> Services,
    [property: Id(1)] long BehindMs,
    [property: Id(2)] long BlindSinceMs,
    [property: Id(3)] IReadOnlyList<BlindWindow> Blind);
