using System.Diagnostics;
using Grpc.Core;
using HdrHistogram;
using Monitor.Protocol;
using Monitor.Testing;

namespace Monitor.Benchmarks.Load;

/// <summary>
/// Measures what a user sees while the load runs: how long from a publish until a query shows it, and how long a query takes. Latencies are in microseconds.
/// </summary>
internal sealed class Probe(LoadOptions options, Fleet fleet, Protocol.Monitor.MonitorClient queries, Reporter.ReporterClient reporter, TimeProvider clock)
{
    private const int Publishers = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public LongHistogram Visible { get; } = Histogram();

    public LongHistogram Query { get; } = Histogram();

    /// <summary>Publishes and asks until it is cancelled.</summary>
    public Task RunAsync(CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, Publishers).Select(i => PublishAsync(i, stop)).Append(AskAsync(stop)));

    private static LongHistogram Histogram() => new(TimeSpan.FromMinutes(2).Ticks / TimeSpan.TicksPerMicrosecond, 3);

    private static void Record(LongHistogram histogram, long started)
    {
        lock (histogram) histogram.RecordValue((long)Stopwatch.GetElapsedTime(started).TotalMicroseconds);
    }

    private async Task PublishAsync(int number, CancellationToken stop)
    {
        // Its own service and healthcheck id, so that the answer to its query is one entry whatever the load is.
        var reports = new ReportBuilder("bench.probe", $"probe-{number}", epoch: (ulong)clock.GetUtcNow().ToUnixTimeMilliseconds(), clock: clock);
        var request = new HealthChecksRequest { Service = reports.Service, Id = $"bench.probe.{number}", View = View.Full };
        using var stream = reporter.Publish(cancellationToken: CancellationToken.None);
        while (!stop.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            await stream.RequestStream.WriteAsync(reports.Batch(reports.Check(request.Id)), CancellationToken.None);
            await UntilVisibleAsync(request, reports.Sequence);
            Record(Visible, started);
            // Jittered, so that the probes do not fall in step with each other or with the server's commits.
            await PauseAsync(Pause * (0.5 + Random.Shared.NextDouble()), stop);
        }
    }

    private async Task UntilVisibleAsync(HealthChecksRequest request, ulong sequence)
    {
        while (true)
        {
            try
            {
                var answer = await queries.HealthChecksAsync(request);
                if (answer.Healthchecks.Any(check => check.Derived.Sequence >= sequence)) return;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
            {
                // Its first report is not applied yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), clock, CancellationToken.None);
        }
    }

    private async Task AskAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var request = new HealthChecksRequest { Id = fleet.CheckOf(Random.Shared.Next(options.Instances), Random.Shared.Next(options.Checks)), Limit = 10 };
            var started = Stopwatch.GetTimestamp();
            await queries.HealthChecksAsync(request, cancellationToken: CancellationToken.None);
            Record(Query, started);
            await PauseAsync(Pause / 4, stop);
        }
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken stop) =>
        await Task.Delay(pause, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
