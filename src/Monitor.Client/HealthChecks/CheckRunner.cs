using System.Globalization;
using Monitor.Client.Internal;
using Monitor.Protocol;

namespace Monitor.Client.HealthChecks;

/// <summary>
/// Runs the healthchecks, each on its own. What has ended is gathered for a tick; what ends outside of one is handed over at once.
/// When stopped, it cancels what runs and reports no more of it.
/// </summary>
internal sealed class CheckRunner(Reports reports, TimeProvider time, TimeSpan timeout, Action<IReadOnlyList<Report>> publish, CancellationToken stop)
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, CheckRun> checks = new(StringComparer.Ordinal);
    private List<Report> ended = [];
    private TaskCompletionSource? gathering;
    private int running;
    private int hanging;
    private bool started;

    public IReadOnlyList<RegisteredHealthCheck> Registered
    {
        get
        {
            lock (gate) return [.. checks.Values.Select(check => check.Registered)];
        }
    }

    public void Register(string id, string description, Func<CancellationToken, ValueTask<HealthCheckOutcome>> check)
    {
        var run = Create(id, description, check);
        lock (gate)
        {
            if (!checks.TryAdd(id, run)) throw new InvalidOperationException($"A healthcheck '{id}' already exists.");
            if (started) Begin(run);
        }
    }

    public static CheckRun Create(string id, string description, Func<CancellationToken, ValueTask<HealthCheckOutcome>> check)
    {
        Limits.ThrowUnless(id, 1, Limits.KeyBytes, nameof(id));
        Limits.ThrowUnless(description, 0, Limits.TextBytes, nameof(description));
        ArgumentNullException.ThrowIfNull(check);
        return new CheckRun(new RegisteredHealthCheck(id, description), check);
    }

    public bool Deregister(string id)
    {
        lock (gate)
        {
            return checks.Remove(id, out var run) && (run.Removed = true);
        }
    }

    /// <summary>Starts every check that is not running, and returns what ends within the window, with those that hang. Not to be called twice at a time.</summary>
    public async Task<List<Report>> GatherAsync(TimeSpan window)
    {
        TaskCompletionSource all;
        lock (gate)
        {
            started = true;
            foreach (var run in checks.Values)
            {
                if (!run.Running && !stop.IsCancellationRequested) Begin(run);
            }

            gathering = all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (running == hanging) all.SetResult();
        }

        try
        {
            await all.Task.WaitAsync(window, time, stop);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // The rest follows as it ends.
        }

        lock (gate)
        {
            gathering = null;
            var gathered = ended;
            ended = [];
            var told = gathered.Select(report => report.Healthcheck.Id).ToHashSet(StringComparer.Ordinal);
            gathered.AddRange(checks.Values.Where(run => run.Hangs && !told.Contains(run.Registered.Id)).Select(TimedOut));
            return gathered;
        }
    }

    private void Begin(CheckRun run)
    {
        run.Running = true;
        run.StartedAt = time.GetTimestamp();
        running++;
        _ = RunAsync(run);
    }

    private async Task RunAsync(CheckRun run)
    {
        // Out of the lock: what ends at once must not end before the others have begun.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

        // A task of its own: a check that blocks its thread must not delay its time-out.
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var token = cancellation.Token;
        var work = Task.Run(async () => await run.Check(token), CancellationToken.None);
        try
        {
            await ((Task)work).WaitAsync(timeout, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!work.IsCompleted)
            {
                lock (gate)
                {
                    run.Hangs = true;
                    hanging++;
                    End(run, TimedOut(run));
                }

                Settle();
                await Task.WhenAll(Quietly(work), Quietly(cancellation.CancelAsync()));
                return;
            }

            var outcome = await OutcomeAsync(work);
            lock (gate) End(run, Result(run, outcome));
        }
        finally
        {
            lock (gate)
            {
                run.Running = false;
                running--;
                if (run.Hangs) hanging--;
                run.Hangs = false;
            }

            Settle();
        }
    }

    private static async Task<HealthCheckOutcome> OutcomeAsync(Task<HealthCheckOutcome> work)
    {
        try
        {
            return await work ?? HealthCheckOutcome.Error("The healthcheck returned no outcome.");
        }
        catch (Exception exception)
        {
            return HealthCheckOutcome.Error(exception.Message);
        }
    }

    private void End(CheckRun run, Report report)
    {
        if (!run.Removed && !stop.IsCancellationRequested) ended.Add(report);
    }

    private void Settle()
    {
        lock (gate)
        {
            if (gathering is not null)
            {
                if (running == hanging) gathering.TrySetResult();
                return;
            }

            if (ended.Count == 0) return;

            // Within the lock, so that a tick cannot overtake it with a newer result of the same check.
            publish(ended);
            ended = [];
        }
    }

    private Report TimedOut(CheckRun run) =>
        Result(run, HealthCheckOutcome.Error(string.Create(CultureInfo.InvariantCulture, $"timed out after {timeout.TotalSeconds:0.###}s")));

    private Report Result(CheckRun run, HealthCheckOutcome outcome) =>
        reports.HealthCheck(run.Registered.Id, run.Registered.Description, time.GetElapsedTime(run.StartedAt), outcome);

    private static async Task Quietly(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
