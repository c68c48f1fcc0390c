using System.Diagnostics;
using Grpc.Core;
using Monitor.Protocol;
using CheckStatus = Monitor.Protocol.HealthCheck.Types.Status;

namespace Monitor.Cli.Tests.Verbs;

/// <summary>Jobs run as real processes of the real tool.</summary>
public sealed class RunVerbTests : IAsyncLifetime
{
    private CannedServer server = null!;

    private HealthCheck Reported => server.Answers.Requests.Cast<PublishRequest>().Last().Reports.Single().Healthcheck;

    public async ValueTask InitializeAsync() => server = await CannedServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task Run_JobSucceeds_PassesItsOutputAndReportsOk()
    {
        var ended = await RunAsync("--id", "backup.nightly", "--ttl", "26h", "--", "sh", "-c", "echo out; echo err >&2");

        Assert.Equal(new Ended(0, "out\n", "err\n"), ended);
        Assert.Equal(("backup.nightly", CheckStatus.Ok, 93600L, ""), (Reported.Id, Reported.Status, Reported.Ttl, Reported.Error));
        Assert.Equal("0", Reported.Results["exit_code"]);
        Assert.Matches(@"^\d+(\.\d+)?s$", Reported.Results["duration"]);
        Assert.True(Reported.Duration > 0);
        Assert.Equal(["err", "out"], Reported.Results["output"].Split('\n').Order());
    }

    [Fact]
    public async Task Run_JobFails_ReportsErrorAndEndsWithItsExitCode()
    {
        var ended = await RunAsync("--id", "c", "--", "sh", "-c", "echo broken; exit 42");

        Assert.Equal(new Ended(42, "broken\n", ""), ended);
        Assert.Equal((CheckStatus.Error, "exit code 42"), (Reported.Status, Reported.Error));
        Assert.Equal(("42", "broken"), (Reported.Results["exit_code"], Reported.Results["output"]));
    }

    [Fact]
    public async Task Run_JobReadsInput_GetsOurs()
    {
        using var tool = Tool.Start(server.Url, "run", "--id", "c", "--", "cat");
        await tool.StandardInput.WriteAsync("through");
        tool.StandardInput.Close();

        Assert.Equal(new Ended(0, "through", ""), await Tool.EndedAsync(tool));
    }

    [Fact]
    public async Task Run_ArgumentsOfTheJob_ReachItUntouched()
    {
        var ended = await RunAsync("--id", "c", "--", "printf", "%s|", "--id", "@file", "[x]", "", "a b", "--", "--help");

        Assert.Equal("--id|@file|[x]||a b|--|--help|", ended.Output);
    }

    [Theory]
    [InlineData("no-such-command-anywhere")]
    [InlineData("./no/such/file")]
    [InlineData("/")]
    public async Task Run_CommandCannotBeStarted_ReportsErrorAndEndsWith127(string command)
    {
        var ended = await RunAsync("--id", "c", "--", command);

        Assert.Equal((127, ""), (ended.ExitCode, ended.Output));
        Assert.StartsWith($"monitor: {command}: ", ended.Error, StringComparison.Ordinal);
        Assert.Equal((CheckStatus.Error, "127"), (Reported.Status, Reported.Results["exit_code"]));
        Assert.StartsWith($"{command}: ", Reported.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_LongOutput_PassesAllOfItAndReportsTheLastLines()
    {
        var ended = await RunAsync("--id", "c", "--", "seq", "100000");

        Assert.Equal(100_000, ended.Output.Count(c => c == '\n'));
        Assert.Equal(string.Join('\n', Enumerable.Range(99_981, 20)), Reported.Results["output"]);
    }

    [Fact]
    public async Task Run_JobLeavesADaemonWithItsOutput_EndsNonetheless()
    {
        var ended = await RunAsync("--id", "c", "--", "sh", "-c", "echo done; sleep 60 & echo $! >&2");
        // It outlives the job by design; not the test.
        if (int.TryParse(ended.Error, out var daemon))
            Process.GetProcessById(daemon).Kill();

        Assert.Equal((0, "done\n"), (ended.ExitCode, ended.Output));
        Assert.Equal(CheckStatus.Ok, Reported.Status);
    }

    [Theory]
    [InlineData("TERM", "trap 'echo caught; exit 3' TERM", 3, "caught")]
    [InlineData("INT", "trap 'echo caught; exit 4' INT", 4, "caught")]
    [InlineData("TERM", "true", 143, "")]
    public async Task Run_Signalled_HandsItOnAndReportsTheEnd(string signal, string trap, int exitCode, string output)
    {
        using var tool = Tool.Start(server.Url, "run", "--id", "c", "--", "sh", "-c", $"{trap}; echo ready; while :; do sleep 0.05; done");
        Assert.Equal("ready", await tool.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Tool.Patience, TestContext.Current.CancellationToken));

        using (var kill = Process.Start("kill", [$"-{signal}", $"{tool.Id}"]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        var ended = await Tool.EndedAsync(tool);

        Assert.Equal((exitCode, output), (ended.ExitCode, ended.Output.TrimEnd('\n')));
        Assert.Equal((CheckStatus.Error, $"exit code {exitCode}"), (Reported.Status, Reported.Error));
    }

    [Fact]
    public async Task Run_ServerUnavailableAtFirst_SendsTheSameReportAgain()
    {
        var refusals = 2;
        server.Answers.Report = _ => refusals-- > 0 ? throw new RpcException(new(StatusCode.Unavailable, "starting")) : new() { Accepted = 1 };

        var ended = await RunAsync("--id", "c", "--", "true");

        Assert.Equal(new Ended(0, "", ""), ended);
        Assert.Equal(3, server.Answers.Requests.Count);
        Assert.Single(server.Answers.Requests.Distinct());
    }

    [Fact]
    public async Task Run_ReportCannotBeDelivered_SaysSoAndEndsWithTheJobsExitCode()
    {
        server.Answers.Report = _ => throw new RpcException(new(StatusCode.Unavailable, "journal cannot be written"));

        var ended = await RunAsync("--id", "c", "--deliver-within", "600ms", "--", "sh", "-c", "exit 5");

        Assert.Equal(5, ended.ExitCode);
        Assert.StartsWith("monitor: the report was not delivered: ", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ReportRejected_SaysSoAndEndsWithTheJobsExitCode()
    {
        server.Answers.Report = _ => new() { Rejected = 1, Outcomes = { new ReportOutcome { Outcome = Outcome.Rejected, Field = "reports[0].healthcheck.id", Message = "too long" } } };

        var ended = await RunAsync("--id", "c", "--", "true");

        Assert.Equal(new Ended(0, "", "monitor: the report was not delivered: report rejected: reports[0].healthcheck.id: too long\n"), ended);
        Assert.Single(server.Answers.Requests);
    }

    [Fact]
    public async Task Run_WrongServerAddress_DoesNotRunTheJob()
    {
        var ended = await Tool.ProcessAsync("nonsense://", "run", "--id", "c", "--", "echo", "ran");

        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
    }

    private Task<Ended> RunAsync(params string[] args) => Tool.ProcessAsync(server.Url, ["run", .. args]);
}
