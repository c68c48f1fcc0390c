using System.Globalization;
using Microsoft.Extensions.Options;
using Monitor.Gateway.Errors;
using Monitor.Gateway.Grains;
using Monitor.Gateway.Ingest;
using Monitor.Grains.Abstractions;

namespace Monitor.Gateway.Health;

/// <summary>
/// Holds queries back after a start until what the journal held then is applied: first the reports, then the events that came of them. Reports are taken
/// meanwhile.
/// </summary>
internal sealed partial class CatchUp(
    IGrains grains, IReportLog log, IHostApplicationLifetime lifetime, TimeProvider time, IOptions<GatewayOptions> options, ILogger<CatchUp> logger)
    : BackgroundService
{
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromMilliseconds(250);

    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string lagging = "The partitions have not been reached yet.";

    /// <summary>Null once all is applied; until then, what is missing.</summary>
    public string? Lagging => done.Task.IsCompletedSuccessfully ? null : lagging;

    /// <summary>Completes when all is applied.</summary>
    /// <exception cref="Grpc.Core.RpcException">UNAVAILABLE: it took longer than callers are made to wait.</exception>
    public ValueTask WaitAsync(CancellationToken cancellationToken) => done.Task.IsCompletedSuccessfully ? default : new(WaitSlowlyAsync(cancellationToken));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await lifetime.WaitForStartAsync(stoppingToken);
            var started = time.GetTimestamp();
            await CatchUpAsync("reports", partition => grains.Reports(partition).Progress(), stoppingToken);
            await CatchUpAsync("events", partition => grains.Events(partition).Progress(), stoppingToken);
            done.TrySetResult();
            LogCaughtUp(time.GetElapsedTime(started).TotalMilliseconds);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            done.TrySetException(Failure.Unavailable("The server is stopping."));
        }
    }

    private async Task CatchUpAsync(string topic, Func<int, Task<PartitionProgress>> progressOf, CancellationToken cancellationToken)
    {
        var heads = await RetryAsync(topic, () => Task.WhenAll(Enumerable.Range(0, log.Partitions).Select(progressOf)), cancellationToken);
        for (var partition = 0; partition < heads.Length; partition++)
        {
            var (current, head) = (partition, heads[partition].Head);
            for (var applied = heads[partition].Applied; applied < head;)
            {
                lagging = string.Create(CultureInfo.InvariantCulture, $"Partition {current} of {topic} is {head - applied} records behind.");
                await Task.Delay(PollPeriod, time, cancellationToken);
                applied = (await RetryAsync(topic, () => progressOf(current), cancellationToken)).Applied;
            }
        }
    }

    private async Task<T> RetryAsync<T>(string topic, Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await ask().WaitAsync(cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogUnreachable(topic, exception);
                await Task.Delay(RetryPeriod, time, cancellationToken);
            }
        }
    }

    private async Task WaitSlowlyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await done.Task.WaitAsync(options.Value.CatchUpWait, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw Failure.Unavailable($"The server has not caught up with its journal yet: {lagging} Try again.");
        }
    }
}
