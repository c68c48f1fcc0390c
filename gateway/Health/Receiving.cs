using Monitor.Gateway.Grains;
using Monitor.Gateway.Ingest;

namespace Monitor.Gateway.Health;

/// <summary>
/// Tells every partition, twice a second, that this gateway takes reports: nobody is called silent for a time in which the silence may be the gateway's. It says nothing
/// where what it was sent before the last time is still not in the journal, or was refused. Says too when it stops to take them.
/// </summary>
internal sealed partial class Receiving(IGrains grains, IReportLog log, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Receiving> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);

    private readonly string id = Guid.NewGuid().ToString("N");
    private Task[] before = [];

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (lifetime.HasStarted()) await LeaveAsync().WaitAsync(Goodbye, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await lifetime.WaitForStartAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
            {
                if (before.Length == 0) before = [.. Enumerable.Repeat(Task.CompletedTask, log.Partitions)];
                for (var partition = 0; partition < before.Length; partition++) Look(partition);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // It stops.
        }
    }

    private void Look(int partition)
    {
        if (!before[partition].IsCompleted) return;
        var taken = before[partition].IsCompletedSuccessfully;
        before[partition] = log.LatestOf(partition);
        // Not waited for: a partition that hangs keeps the others from nothing.
        if (taken) _ = TellAsync(partition, leaving: false);
    }

    private Task LeaveAsync() => Task.WhenAll(Enumerable.Range(0, before.Length).Select(partition => TellAsync(partition, leaving: true)));

    private async Task TellAsync(int partition, bool leaving)
    {
        try
        {
            await grains.Reports(partition).Receiving(id, leaving);
        }
        catch (Exception e)
        {
            LogNotTold(partition, e.Message);
        }
    }

    [LoggerMessage(2012, LogLevel.Debug, "Partition {Partition} was not told that reports are taken: {Reason}")]
    private partial void LogNotTold(int partition, string reason);
}
