using Monitor.Gateway.Grains;
using Monitor.Gateway.Ingest;

namespace Monitor.Gateway.Health;

/// <summary>
/// Tells every partition, twice a second, that this gateway takes reports: nobody is called silent for a time in which the silence may be the gateway's. Says too when it
/// stops to take them.
/// </summary>
internal sealed partial class Receiving(IGrains grains, IReportLog log, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Receiving> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);

    private readonly string id = Guid.NewGuid().ToString("N");

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (lifetime.HasStarted()) await TellAsync(leaving: true).WaitAsync(Goodbye, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await lifetime.WaitForStartAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
            {
                // Not waited for: a partition that hangs keeps the others from nothing.
                _ = TellAsync(leaving: false);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // It stops.
        }
    }

    private Task TellAsync(bool leaving) => Task.WhenAll(Enumerable.Range(0, log.Partitions).Select(partition => TellAsync(partition, leaving)));

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
