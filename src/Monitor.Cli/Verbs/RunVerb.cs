using System.CommandLine;
using System.Globalization;
using Monitor.Cli.Jobs;
using Monitor.Cli.Rpc;
using Monitor.Cli.Values;
using Monitor.Protocol;
using CheckStatus = Monitor.Protocol.HealthCheck.Types.Status;

namespace Monitor.Cli.Verbs;

/// <summary>Runs a job and reports how it ended. To the job's caller it is as if the job ran alone: its output, its signals, its exit code.</summary>
internal sealed class RunVerb : Verb
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Shell shell;
    private readonly Connection connection;
    private readonly ReporterOptions reporter = new();
    private readonly DurationOption deliverWithin = new(
        "--deliver-within", "How long to try to deliver the report.", TimeSpan.FromSeconds(30), positive: true, atMost: TimeSpan.FromDays(1));

    private readonly Argument<string[]> command = new("command")
    {
        Description = "The job and its arguments, after --",
        Arity = ArgumentArity.OneOrMore,
    };

    public RunVerb(Shell shell, Connection connection)
        : base(
            "run",
            "Runs a job and reports its outcome, duration and last output lines. Ends with the job's exit code.",
            "monitor run --id backup.nightly --ttl 26h -- restic backup /home")
    {
        this.shell = shell;
        this.connection = connection;
        reporter.AddTo(this);
        Add(deliverWithin);
        Add(command);
    }

    protected override async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        // Opened first: a wrong address must not cost a night's job its report.
        using var session = connection.Open(parsed);
        var line = parsed.GetRequiredValue(command);

        using var job = new Job(shell.Time);
        var outcome = await job.RunAsync(line);
        if (outcome.NotStarted)
            shell.Complain(outcome.Error);

        var batch = reporter.Batch(parsed, shell.Time.GetUtcNow());
        Fill(batch.Reports[0].Healthcheck, line[0], outcome);
        // With the job gone, a signal means that nobody wants to wait for the delivery.
        await DeliverAsync(session, batch, deliverWithin.In(parsed), job.Interrupted);
        return (ExitCode)outcome.ExitCode;
    }

    private static void Fill(HealthCheck check, string command, JobOutcome outcome)
    {
        if (check.Description.Length == 0)
            check.Description = $"Runs {Path.GetFileName(command)}";
        check.Status = outcome.ExitCode == 0 ? CheckStatus.Ok : CheckStatus.Error;
        check.Error = outcome.Error;
        check.Duration = (long)outcome.Duration.TotalNanoseconds;
        check.Results.Add("exit_code", outcome.ExitCode.ToString(CultureInfo.InvariantCulture));
        check.Results.Add("duration", string.Create(CultureInfo.InvariantCulture, $"{outcome.Duration.TotalSeconds:0.###}s"));
        check.Results.Add("output", outcome.Output);
    }

    private async Task DeliverAsync(Session session, PublishRequest batch, TimeSpan within, CancellationToken cancellationToken)
    {
        var started = shell.Time.GetTimestamp();
        var pause = FirstPause;
        while (true)
        {
            var left = within - shell.Time.GetElapsedTime(started);
            try
            {
                ReporterOptions.OutcomeOf(await session.CallAsync<PublishResponse>(batch, cancellationToken, left));
                return;
            }
            catch (CommandFailure failure) when (failure.Transient && shell.Time.GetElapsedTime(started) + pause < within)
            {
                // Sent again it counts once: its timestamp and content are the same.
            }
            catch (CommandFailure failure)
            {
                shell.Complain($"the report was not delivered: {failure.Message}");
                return;
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                shell.Complain("the report was not delivered: interrupted");
                return;
            }

            try
            {
                await Task.Delay(pause, shell.Time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                shell.Complain("the report was not delivered: interrupted");
                return;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }
}
