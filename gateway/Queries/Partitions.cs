using Microsoft.Extensions.Options;
using Monitor.Gateway.Grains;
using Monitor.Grains.Abstractions;

namespace Monitor.Gateway.Queries;

/// <summary>
/// Asks the partitions' directories. One that has just become active, as its silo died or it went to another, says nothing before it knows all that the journal held: an answer may take
/// longer, but leaves no instance out.
/// </summary>
internal sealed class Partitions(IGrains grains, IOptions<GatewayOptions> options, TimeProvider time)
{
    public Task<T> AskAsync<T>(int partition, Func<IReportPartitionGrain, Task<T?>> ask, CancellationToken cancellationToken)
        where T : class => Repeatedly.AskAsync(
        () => ask(grains.Reports(partition)), options.Value.CatchUpWait, $"Partition {partition} has not caught up with the journal yet. Try again.", time, cancellationToken);
}
