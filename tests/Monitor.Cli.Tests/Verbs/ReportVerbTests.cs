using Microsoft.Extensions.Time.Testing;
using Monitor.Protocol;
using CheckStatus = Monitor.Protocol.HealthCheck.Types.Status;

namespace Monitor.Cli.Tests.Verbs;

public sealed class ReportVerbTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeMilliseconds(1451096508123);
    private CannedServer server = null!;

    public async ValueTask InitializeAsync() => server = await CannedServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task Report_OnlyAnId_IsOkOfThisHostAndNow()
    {
        var ended = await RunAsync("--id", "disk.space");

        Assert.Equal(new Ended(0, "accepted\n", ""), ended);
        Assert.Equal(
            new PublishRequest
            {
                Acknowledge = Acknowledge.Applied,
                Service = new Service { Name = "scripts", Id = Environment.MachineName },
                Reports =
                {
                    new Report { Millis = 123, Healthcheck = new HealthCheck { Id = "disk.space", Status = CheckStatus.Ok, Timestamp = 1451096508 } },
                },
            },
            server.Answers.Asked<PublishRequest>());
    }

    [Fact]
    public async Task Report_EveryOption_IsSent()
    {
        await RunAsync(
            "--id", "c", "--service", "s", "--instance", "i", "--description", "d", "--error", "full", "--result", "free=0", "--result", "path=/a=b",
            "--result", "empty=", "--interval", "60s", "--ttl", "1h", "--timestamp", "2015-12-26T02:21:48.5Z");

        Assert.Equal(
            new PublishRequest
            {
                Acknowledge = Acknowledge.Applied,
                Service = new Service { Name = "s", Id = "i" },
                Reports =
                {
                    new Report
                    {
                        Millis = 500,
                        Healthcheck = new HealthCheck
                        {
                            Id = "c",
                            Description = "d",
                            Status = CheckStatus.Error,
                            Error = "full",
                            Timestamp = 1451096508,
                            Interval = 60,
                            Ttl = 3600,
                            Results = { ["free"] = "0", ["path"] = "/a=b", ["empty"] = "" },
                        },
                    },
                },
            },
            server.Answers.Asked<PublishRequest>());
    }

    [Fact]
    public async Task Report_Rejected_IsUsageWithFieldAndMessage()
    {
        server.Answers.Report = _ => new()
        {
            Rejected = 1,
            Outcomes =
            {
                new ReportOutcome
                {
                    Outcome = Outcome.Rejected,
                    Field = "reports[0].healthcheck.timestamp",
                    Message = "must be from 2000-01-01 to a day from now",
                },
            },
        };

        var ended = await RunAsync("--id", "c", "--timestamp", "5");

        Assert.Equal(
            new Ended(2, "", "monitor: report rejected: reports[0].healthcheck.timestamp: must be from 2000-01-01 to a day from now\n"),
            ended);
    }

    [Fact]
    public async Task Report_DuplicateOrLate_SaysWhich()
    {
        server.Answers.Report = _ => new() { Duplicate = 1, Outcomes = { new ReportOutcome { Outcome = Outcome.Duplicate } } };
        Assert.StartsWith("duplicate", (await RunAsync("--id", "c")).Output, StringComparison.Ordinal);

        server.Answers.Report = _ => new() { Late = 1, Outcomes = { new ReportOutcome { Outcome = Outcome.LateReport } } };
        Assert.StartsWith("late", (await RunAsync("--id", "c")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_ResultTwice_IsUsage()
    {
        var ended = await RunAsync("--id", "c", "--result", "a=1", "--result", "a=2");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("--result: \"a\" is given twice", ended.Error, StringComparison.Ordinal);
        Assert.Empty(server.Answers.Requests);
    }

    private Task<Ended> RunAsync(params string[] args) =>
        Tool.RunAsync(shell => shell with { Time = new FakeTimeProvider(Now) }, ["report", "--server", server.Url, .. args]);
}
