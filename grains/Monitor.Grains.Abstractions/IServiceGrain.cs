using Monitor.Protocol;
using Orleans.Concurrency;

namespace Monitor.Grains.Abstractions;

/// <summary>One service: its versions and their instances. Key: the service name.</summary>
[Alias("monitor.service")]
public interface IServiceGrain : IGrainWithStringKey
{
    /// <summary>Its versions that have unexpired instances, in ordinal order; empty where there are none.</summary>
    [Alias("versions"), ReadOnly]
    Task<IReadOnlyList<ServiceVersion>> Versions();
}

/// <param name="Version">The version, may be empty.</param>
/// <param name="Instances">Ids of its unexpired instances, in ordinal order.</param>
/// <param name="Worst">The worst status of its instances: UNKNOWN (never reported, or overdue by interval and grace), STARTED, RUNNING; STOPPED only where all are.</param>
/// <param name="WorstInstance">The first instance that has it.</param>
[GenerateSerializer, Immutable, Alias("monitor.service-version")]
public sealed record ServiceVersion(
    [property: Id(0)] string Version,
    [property: Id(1)] IReadOnlyList<string> Instances,
    [property: Id(2)] Status.Types.Status Worst,
    [property: Id(3)] string WorstInstance);
