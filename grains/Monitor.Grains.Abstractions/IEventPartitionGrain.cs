using Orleans.Concurrency;

namespace Monitor.Grains.Abstractions;

/// <summary>One partition of the events: it feeds the healthchecks and services whose events are in it. Key: the partition's number, from 0, in decimal.</summary>
[Alias("monitor.partition.events")]
public interface IEventPartitionGrain : IGrainWithStringKey
{
    /// <inheritdoc cref="IReportPartitionGrain.Progress"/>
    [Alias("progress"), AlwaysInterleave]
    Task<PartitionProgress> Progress();

    /// <summary>Completes when every event up to a sequence is applied.</summary>
    [Alias("reached"), AlwaysInterleave]
    Task Reached(long position);
}
