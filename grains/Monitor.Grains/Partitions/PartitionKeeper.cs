using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monitor.Grains.Abstractions;
using Monitor.Journal;

namespace Monitor.Grains.Partitions;

/// <summary>Keeps every partition's grain active: asks each how it is, from the start and every few seconds, which activates one whose silo has died.</summary>
internal sealed partial class PartitionKeeper(IGrainFactory grains, IJournal journal, TimeProvider clock, ILogger<PartitionKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        do
        {
            await Task.WhenAll(Enumerable.Range(0, journal.Partitions).SelectMany(p => new[] { KeepAsync(p, events: false), KeepAsync(p, events: true) }));
        }
        while (await NextAsync(timer, stoppingToken));
    }

    private async Task KeepAsync(int partition, bool events)
    {
        var key = partition.ToString(CultureInfo.InvariantCulture);
        try
        {
            if (events) await grains.GetGrain<IEventPartitionGrain>(key).Progress();
            else await grains.GetGrain<IReportPartitionGrain>(key).Progress();
        }
        catch (Exception e)
        {
            LogNotActive(events ? Topic.Events : Topic.Reports, partition, e.Message);
        }
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(1207, LogLevel.Warning, "{Topic} partition {Partition} is not active: {Reason}")]
    private partial void LogNotActive(Topic topic, int partition, string reason);
}
