using System.Globalization;
using Microsoft.Extensions.Logging;
using Monitor.Grains.Abstractions;
using Monitor.Grains.Placement;
using Monitor.Journal;

namespace Monitor.Grains.Partitions;

/// <summary>
/// Keeps every partition that this silo owns active: asks each how it is when the silo becomes active, when silos come and go, and every few seconds. Before the
/// silo stops, has them save how far they are.
/// </summary>
internal sealed partial class PartitionKeeper(
    IGrainFactory grains, PartitionHomes homes, IClusterMembershipService membership, TimeProvider clock, ILogger<PartitionKeeper> logger)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(PartitionKeeper), ServiceLifecycleStage.Active + 1, StartAsync, StopAsync);

    public void Dispose() => stopping.Dispose();

    private Task StartAsync(CancellationToken cancellationToken)
    {
        running = KeepAsync();
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await Task.WhenAll(homes.Here().Select(Key).SelectMany(key => new[]
            {
                grains.GetGrain<IReportHandOver>(key).HandOver(),
                grains.GetGrain<IEventHandOver>(key).HandOver(),
            })).WaitAsync(cancellationToken);
        }
        catch (Exception e)
        {
            LogNotSaved(e.Message);
        }
    }

    private async Task KeepAsync()
    {
        await using var changes = membership.MembershipUpdates.GetAsyncEnumerator(stopping.Token);
        var change = changes.MoveNextAsync().AsTask();
        while (!stopping.IsCancellationRequested)
        {
            await Task.WhenAll(homes.Here().Select(Key).SelectMany(key => new[]
            {
                AskAsync(Topic.Reports, key, () => grains.GetGrain<IReportPartitionGrain>(key).Progress()),
                AskAsync(Topic.Events, key, () => grains.GetGrain<IEventPartitionGrain>(key).Progress()),
            })).WaitAsync(stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.WhenAny(change, Task.Delay(Period, clock, stopping.Token));
            if (change.IsCompletedSuccessfully) change = changes.MoveNextAsync().AsTask();
        }

        await change.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task AskAsync(Topic topic, string partition, Func<Task<PartitionProgress>> progress)
    {
        try
        {
            await progress();
        }
        catch (Exception e)
        {
            LogNotActive(topic, partition, e.Message);
        }
    }

    private static string Key(int partition) => partition.ToString(CultureInfo.InvariantCulture);

    [LoggerMessage(1207, LogLevel.Warning, "{Topic} partition {Partition} is not active: {Reason}")]
    private partial void LogNotActive(Topic topic, string partition, string reason);

    [LoggerMessage(1210, LogLevel.Warning, "Not every partition could save how far it is before the stop; the next start reads more of the journal: {Reason}")]
    private partial void LogNotSaved(string reason);
}
