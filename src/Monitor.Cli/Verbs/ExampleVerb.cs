using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using Monitor.Cli.Rpc;
using Monitor.Cli.Values;
using Monitor.Client;

namespace Monitor.Cli.Verbs;

/// <summary>Plays the example of go-os/monitor: a service with one healthcheck that succeeds, one that fails, and three endpoints.</summary>
internal sealed class ExampleVerb : Verb
{
    private const string Ping = "go.micro.healthcheck.ping";
    private const string Pong = "go.micro.healthcheck.pong";
    private const int Timings = 100;

    // Until it has told that the server is away; the reporter goes on trying.
    private static readonly TimeSpan FirstAnswer = TimeSpan.FromSeconds(5);

    private static readonly (string Service, string Method)[] Endpoints = [("foo", "Foo.Bar"), ("bar", "Baz.Bar"), ("baz", "Bar.Man")];

    private static readonly Dictionary<string, string> PingResults = new()
    {
        ["msg"] = "a successful check",
        ["foo"] = "bar",
        ["metric"] = "1",
        ["label"] = "cruft",
        ["stats"] = "123.0",
    };

    private static readonly Dictionary<string, string> PongResults = new()
    {
        ["msg"] = "a catastrophic failure occurred",
        ["foo"] = "ugh",
        ["metric"] = "-0.0001",
        ["label"] = "",
        ["stats"] = "NaN",
    };

    private readonly Shell shell;
    private readonly Connection connection;

    // Short, so that one sees it go stale soon after it was killed.
    private readonly DurationOption interval = new("--interval", "Time between two reports.", TimeSpan.FromSeconds(10));
    private readonly DurationOption duration = new("--duration", "Ends after this time. Default: at Ctrl-C.", positive: true, atMost: TimeSpan.FromDays(30));
    private readonly Option<string?> service = OptionOf.Text("--service", "The service that reports. Default: go-server.", "name");
    private readonly Option<string?> instance = OptionOf.Text("--instance", "The instance that reports. Default: the service's name and a new UUID.", "id");

    public ExampleVerb(Shell shell, Connection connection)
        : base("example", "Plays a service that reports a healthcheck that succeeds, one that fails, status and stats.", "monitor example --interval 5s")
    {
        this.shell = shell;
        this.connection = connection;
        Add(interval);
        Add(duration);
        Add(service);
        Add(instance);
    }

    protected override async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var name = parsed.GetValue(service) ?? "go-server";
        var options = new MonitorReporterOptions
        {
            Server = connection.Address(parsed),
            AddressSchemes = { Connection.Consul() },
            Service = name,
            Version = "1.0.0",
            Instance = parsed.GetValue(instance) ?? $"{name}-{Guid.NewGuid()}",
            Interval = interval.In(parsed),
        };

        // Not disposed of: a signal may come as late as it likes.
        var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (duration.In(parsed) is var limit && limit > TimeSpan.Zero)
            end.CancelAfter(limit);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);

        await using var reporter = await StartAsync(options);
        reporter.Register(Ping, "This is a ping healthcheck that succeeds", _ =>
        {
            // Timings start again with each report, and so do the calls that this service pretends to take.
            RecordTimings(reporter);
            return ValueTask.FromResult(HealthCheckOutcome.Ok(PingResults));
        });
        reporter.Register(Pong, "This is a pong healthcheck that fails", _ => ValueTask.FromResult(HealthCheckOutcome.Error("Unknown exception", PongResults)));
        Describe(options, connection.IsGiven(parsed));
        if (!await FlushAsync(reporter, FirstAnswer, end.Token) && !end.IsCancellationRequested)
            shell.Complain($"no answer from {options.Server} yet; still trying");

        await Task.Delay(Timeout.InfiniteTimeSpan, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await reporter.StopAsync(CancellationToken.None);
        return await ConcludeAsync(reporter, options.Server);

        void End(PosixSignalContext context)
        {
            // A second Ctrl-C ends at once. SIGTERM may come twice for one stop, to the process and to its group; stopping is bounded anyway.
            context.Cancel = context.Signal == PosixSignal.SIGTERM || !end.IsCancellationRequested;
            end.Cancel();
        }
    }

    private static async Task<MonitorReporter> StartAsync(MonitorReporterOptions options)
    {
        try
        {
            return await MonitorReporter.StartAsync(options);
        }
        catch (OptionsValidationException wrong)
        {
            throw CommandFailure.Usage(string.Join("; ", wrong.Failures));
        }
    }

    private static void RecordTimings(MonitorReporter reporter)
    {
        foreach (var (service, method) in Endpoints)
        {
            for (var call = 1; call <= Timings; call++)
                reporter.RecordStat(service, method, TimeSpan.FromMilliseconds(call), CallResult.Success);
        }
    }

    private void Describe(MonitorReporterOptions options, bool serverGiven)
    {
        var at = serverGiven ? $" --server {options.Server}" : "";
        shell.Output.WriteLine($"""
            Reporting to {options.Server} every {Duration.Format(options.Interval)} as
              service   {options.Service} {options.Version}
              instance  {options.Instance}
            two healthchecks, {Ping} that succeeds and {Pong} that fails,
            status, and stats with {Timings} timings of {string.Join(", ", Endpoints.Select(endpoint => $"{endpoint.Service} {endpoint.Method}"))}.

            Ask for it, in another shell:
              monitor query go.micro.srv.monitor Monitor.HealthChecks '{"{"}"id": "{Ping}"{"}"}'{at}
              monitor checks --service {options.Service}{at}
              monitor status --service {options.Service} --verbose{at}
              monitor stats --service {options.Service} --endpoints{at}

            Ctrl-C ends it.
            """);
        shell.Output.Flush();
    }

    private async Task<ExitCode> ConcludeAsync(MonitorReporter reporter, string server)
    {
        var delivered = await FlushAsync(reporter, TimeSpan.FromSeconds(1), CancellationToken.None);
        if (reporter.Counters.Rejected > 0)
            shell.Complain($"{reporter.Counters.Rejected} reports were rejected");
        if (!delivered)
            throw new CommandFailure(ExitCode.Unreachable, $"STOPPED was not delivered: no answer from {server}");
        await shell.Output.WriteLineAsync($"Stopped. {reporter.Counters.Accepted} reports accepted, STOPPED among them.");
        return ExitCode.Ok;
    }

    private static async Task<bool> FlushAsync(MonitorReporter reporter, TimeSpan within, CancellationToken cancellationToken)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(within);
        try
        {
            await reporter.FlushAsync(bound.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
