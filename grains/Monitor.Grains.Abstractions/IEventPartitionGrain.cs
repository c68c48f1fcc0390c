using Orleans.Concurrency;

namespace Monitor.Grains.Abstractions;

/// <summary>One partition of the events: it feeds the healthchecks and services whose events are in it. Key: the partition's number, from 0, in decimal.</summary>
[Alias("monitor.partition.events")]
public interface IEventPartitionGrain : IGrainWithStringKey
{
    /// <inheritdoc cref="IReportPartitionGrain.Progress"/>
    [Alias("progress"), AlwaysInterleave]
    Task<PartitionProgress> Progress();

    /// <summary>Whether every event up to a sequence is applied: waits for it for a second. False: ask again, it may be elsewhere by then.</summary>
    [Alias("reached"), AlwaysInterleave]
    Task<bool> Reached(long position);
}
