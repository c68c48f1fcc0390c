using Monitor.Protocol;
using Orleans.Concurrency;

namespace Monitor.Grains.Abstractions;

/// <summary>One healthcheck id: which instances report it, in which state. Key: the healthcheck id.</summary>
[Alias("monitor.check")]
public interface IHealthCheckGrain : IGrainWithStringKey
{
    /// <summary>Instances whose result of this healthcheck is unexpired and matches, in the order of lists.</summary>
    [Alias("page"), ReadOnly]
    Task<HealthCheckPage> Page(HealthCheckPageQuery query);
}

/// <param name="Service">Only this service; null: any.</param>
/// <param name="Status">Only with this status; UNKNOWN: any.</param>
/// <param name="AfterService">From after this instance; null: from the start.</param>
/// <param name="AfterInstance">See <paramref name="AfterService"/>.</param>
/// <param name="Offset">Matches to pass over.</param>
/// <param name="Limit">At most this many, at least 1.</param>
[GenerateSerializer, Immutable, Alias("monitor.check-query")]
public sealed record HealthCheckPageQuery(
    [property: Id(0)] string? Service,
    [property: Id(1)] HealthCheck.Types.Status Status,
    [property: Id(2)] string? AfterService,
    [property: Id(3)] string? AfterInstance,
    [property: Id(4)] long Offset,
    [property: Id(5)] int Limit);

/// <param name="Known">False where no instance has ever reported this id.</param>
/// <param name="Instances">The page: service name and instance id.</param>
/// <param name="More">There are more after the last.</param>
[GenerateSerializer, Immutable, Alias("monitor.check-page")]
public sealed record HealthCheckPage(
    [property: Id(0)] bool Known,
    [property: Id(1)] IReadOnlyList<DirectoryEntry> Instances,
    [property: Id(2)] bool More);
