using System.Globalization;
using Monitor.Client;
using Monitor.Gateway;
using Monitor.Gateway.GoMicro.Nats;
using Monitor.Grains.Abstractions;
using Monitor.Journal;

namespace Monitor.Silo.SelfMonitoring;

/// <summary>Healthchecks of what can fail here.</summary>
internal sealed class SelfChecks(IJournal journal, IGrainFactory grains, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    /// <summary>A report that waits longer to be applied is an error; half of it, degraded.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>Of the memory that the process may use.</summary>
    private const double MostMemory = 0.9;

    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);

    public async ValueTask<HealthCheckOutcome> JournalWriteAsync(CancellationToken cancellationToken)
    {
        await lifetime.WaitForStartAsync(cancellationToken);
        var started = clock.GetTimestamp();
        var failure = await journal.ProbeAsync(cancellationToken);
        return failure is null
            ? HealthCheckOutcome.Ok(new Dictionary<string, string> { ["seconds"] = Text(clock.GetElapsedTime(started).TotalSeconds) })
            : HealthCheckOutcome.Error(failure);
    }

    public async ValueTask<HealthCheckOutcome> StreamLagAsync(CancellationToken cancellationToken)
    {
        var all = await ProgressAsync(cancellationToken);
        var results = all.ToDictionary(p => p.Name, p => (p.Progress.Head - p.Progress.Applied).ToString(CultureInfo.InvariantCulture));
        var behind = all.Where(p => WaitOf(p.Progress) > LongestWait).Select(p => p.Name).ToList();
        return behind.Count == 0
            ? HealthCheckOutcome.Ok(results)
            : HealthCheckOutcome.Error($"More than {LongestWait.TotalSeconds} s behind: {string.Join(", ", behind)}", results);
    }

    public async ValueTask<HealthCheckOutcome> OldestUnappliedAsync(CancellationToken cancellationToken)
    {
        var wait = (await ProgressAsync(cancellationToken)).Max(p => WaitOf(p.Progress));
        var results = new Dictionary<string, string> { ["seconds"] = Text(wait.TotalSeconds) };
        return wait > LongestWait ? HealthCheckOutcome.Error($"The oldest report not applied has waited {Text(wait.TotalSeconds)} s.", results)
            : wait > LongestWait / 2 ? HealthCheckOutcome.Degraded(results)
            : HealthCheckOutcome.Ok(results);
    }

    public static ValueTask<HealthCheckOutcome> Memory()
    {
        var memory = GC.GetGCMemoryInfo();
        var share = (double)memory.MemoryLoadBytes / memory.TotalAvailableMemoryBytes;
        var results = new Dictionary<string, string>
        {
            ["heap"] = GC.GetTotalMemory(false).ToString(CultureInfo.InvariantCulture),
            ["working_set"] = Environment.WorkingSet.ToString(CultureInfo.InvariantCulture),
            ["available"] = memory.TotalAvailableMemoryBytes.ToString(CultureInfo.InvariantCulture),
            ["load"] = Text(share),
        };
        return new(share > MostMemory ? HealthCheckOutcome.Error($"{share:P0} of the memory is in use.", results) : HealthCheckOutcome.Ok(results));
    }

    public async ValueTask<HealthCheckOutcome> EventLoopDelayAsync(CancellationToken cancellationToken)
    {
        var queued = clock.GetTimestamp();
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var delay = clock.GetElapsedTime(queued);
        var results = new Dictionary<string, string>
        {
            ["seconds"] = Text(delay.TotalSeconds),
            ["queued"] = ThreadPool.PendingWorkItemCount.ToString(CultureInfo.InvariantCulture),
            ["threads"] = ThreadPool.ThreadCount.ToString(CultureInfo.InvariantCulture),
        };
        return delay > LongestDelay ? HealthCheckOutcome.Error($"Work waits {Text(delay.TotalSeconds)} s to run.", results) : HealthCheckOutcome.Ok(results);
    }

    public static ValueTask<HealthCheckOutcome> Nats(GoMicroNatsStatus status) => new(status.Fault is { } fault ? HealthCheckOutcome.Error(fault) : HealthCheckOutcome.Ok());

    private async Task<IReadOnlyList<(string Name, PartitionProgress Progress)>> ProgressAsync(CancellationToken cancellationToken)
    {
        await lifetime.WaitForStartAsync(cancellationToken);
        return await Task.WhenAll(Enumerable.Range(0, journal.Partitions)
            .Select(p => p.ToString(CultureInfo.InvariantCulture))
            .SelectMany(p => new[]
            {
                Named($"reports/{p}", grains.GetGrain<IReportPartitionGrain>(p).Progress()),
                Named($"events/{p}", grains.GetGrain<IEventPartitionGrain>(p).Progress()),
            }));
    }

    private static async Task<(string Name, PartitionProgress Progress)> Named(string name, Task<PartitionProgress> progress) => (name, await progress);

    private TimeSpan WaitOf(PartitionProgress progress) => progress.OldestUnappliedMs == 0
        ? TimeSpan.Zero
        : TimeSpan.FromMilliseconds(Math.Max(0, clock.GetUtcNow().ToUnixTimeMilliseconds() - progress.OldestUnappliedMs));

    private static string Text(double number) => number.ToString("0.######", CultureInfo.InvariantCulture);
}
