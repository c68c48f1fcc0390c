using Microsoft.Extensions.Time.Testing;
using Monitor.Protocol;
using CheckStatus = Monitor.Protocol.HealthCheck.Types.Status;

namespace Monitor.Cli.Tests.Verbs;

public sealed class ListVerbTests : IAsyncLifetime
{
    private readonly FakeTimeProvider time = new(DateTimeOffset.FromUnixTimeSeconds(Samples.Timestamp + 12));
    private CannedServer server = null!;

    public async ValueTask InitializeAsync() => server = await CannedServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task Checks_Redirected_IsAPlainTableWithoutWrapping()
    {
        var pong = Samples.Pong;
        pong.Error = "Unknown exception\n\u001b[2Jfollowed by " + new string('x', 200);
        server.Answers.HealthChecks = _ => new() { Healthchecks = { Fresh(Samples.Ping), Fresh(pong) } };

        var ended = await RunAsync("checks", "--service", "go-server", "--status", "error", "--limit", "5");

        Assert.Equal(
            "STATUS  CHECK                      SERVICE          INSTANCE                                        AGE      FRESHNESS  SINCE   TOOK   ERROR\n"
            + $"OK      go.micro.healthcheck.ping  go-server@1.0.0  {Samples.Instance}  12s ago  FRESH      2m ago  1.5ms\n"
            + $"ERROR   go.micro.healthcheck.pong  go-server@1.0.0  {Samples.Instance}  12s ago  FRESH      2m ago  1.5ms  Unknown exception [2Jfollowed by {new string('x', 200)}\n",
            ended.Output);
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.Equal(
            new HealthChecksRequest { Service = "go-server", Status = CheckStatus.Error, Limit = 5, View = View.Full },
            server.Answers.Asked<HealthChecksRequest>());
    }

    [Theory]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(200)]
    public async Task Checks_OnATerminal_IsColouredAndFitsIt(int width)
    {
        server.Answers.HealthChecks = _ => new() { Healthchecks = { Fresh(Samples.Ping), Fresh(Samples.Pong) } };

        var ended = await RunAsync(shell => shell with { TerminalWidth = width, Colours = true }, "checks");

        Assert.Contains("\u001b[32mOK", ended.Output, StringComparison.Ordinal);
        Assert.Contains("\u001b[91mERROR", ended.Output, StringComparison.Ordinal);
        var plain = System.Text.RegularExpressions.Regex.Replace(ended.Output, "\u001b\\[[0-9;]*m", "");
        Assert.All(plain.Split('\n'), line => Assert.True(line.Length <= width, line));
        Assert.Contains("ping", plain, StringComparison.Ordinal);
        Assert.Contains("pong", plain, StringComparison.Ordinal);
        Assert.Equal(width >= 120, plain.Contains("SINCE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Checks_OnATerminalWithoutColours_HasNoEscapes()
    {
        server.Answers.HealthChecks = _ => new() { Healthchecks = { Fresh(Samples.Ping) } };

        var ended = await RunAsync(shell => shell with { TerminalWidth = 200 }, "checks");

        Assert.DoesNotContain('\u001b', ended.Output);
    }

    [Fact]
    public async Task Summary_Partial_IsATableWithItsTotal_AndSaysWhatIsMissing()
    {
        server.Answers.Summary = _ => new()
        {
            Services = { new ServiceSummary { Service = "go-server", Worst = ServiceSummary.Types.State.Error, Instances = new() { Running = 2 }, Healthchecks = new() { Ok = 3, Error = 1 } } },
            Total = new() { Worst = ServiceSummary.Types.State.Error, Instances = new() { Running = 2 }, Healthchecks = new() { Ok = 3, Error = 1 } },
            Coverage = new() { Partitions = 16, Answered = 15, Details = { new PartitionCoverage { BehindMs = 1500 } } },
            Blindness = new() { LastHour = new() { AnyS = 8 }, LastDay = new() { AnyS = 20.5 } },
        };

        var ended = await RunAsync("summary", "go-server");

        Assert.Equal(
            "SERVICE    WORST  RUNNING  STARTED  UNKNOWN  STOPPED  CHECKS OK  ERROR  UNKNOWN\n"
            + "go-server  ERROR  2        0        0        0        3          1      0\n"
            + "(all)      ERROR  2        0        0        0        3          1      0\n",
            ended.Output);
        Assert.Equal(
            "monitor: 1 of 16 partitions did not answer: their instances are not counted\n"
            + "monitor: reports wait to be applied, the oldest since 1.5s\n"
            + "monitor: the server was blind for 8s of the last hour, 20.5s of the last day\n",
            ended.Error);
        Assert.Equal(new SummaryRequest { Service = "go-server" }, server.Answers.Asked<SummaryRequest>());
    }

    [Fact]
    public async Task Checks_Json_IsTheResponseMessage()
    {
        server.Answers.HealthChecks = _ => new() { Healthchecks = { Samples.Pong } };

        var ended = await RunAsync("checks", "--json", "--compact");

        Assert.Equal(new Ended(0, Samples.PongJson + "\n", ""), ended);
    }

    [Fact]
    public async Task Checks_All_FollowsPageTokensToTheEnd()
    {
        server.Answers.HealthChecks = Paged(pages: 3);

        var ended = await RunAsync("checks", "--all", "--json", "--compact");

        Assert.Equal("""{"healthChecks":[{"id":"check-0"},{"id":"check-1"},{"id":"check-2"}]}""" + "\n", ended.Output);
        Assert.Equal(["", "1", "2"], server.Answers.Requests.Cast<HealthChecksRequest>().Select(request => request.PageToken));
        Assert.All(server.Answers.Requests.Cast<HealthChecksRequest>(), request => Assert.Equal(1000UL, request.Limit));
    }

    [Fact]
    public async Task Checks_MorePagesNotAskedFor_SaysSo()
    {
        server.Answers.HealthChecks = Paged(pages: 3);

        var ended = await RunAsync("checks");

        Assert.Equal("monitor: there is more: ask with --all, or a larger --limit\n", ended.Error);
        Assert.Single(server.Answers.Requests);
    }

    [Fact]
    public async Task Checks_SamePageForEver_EndsWithAnError()
    {
        server.Answers.HealthChecks = _ => new() { Healthchecks = { Samples.Ping }, NextPageToken = "same" };

        var ended = await RunAsync("checks", "--all");

        Assert.Equal(3, ended.ExitCode);
    }

    [Fact]
    public async Task Checks_StatusUnknown_KeepsWhatIsUnknownOrOverdueFromEveryPage()
    {
        var overdue = Fresh(Samples.Pong);
        overdue.Derived.Freshness = Freshness.Unknown;
        server.Answers.HealthChecks = request => request.PageToken.Length == 0
            ? new() { Healthchecks = { Fresh(Samples.Ping) }, NextPageToken = "2" }
            : new() { Healthchecks = { overdue, new HealthCheck { Id = "reported.unknown" } } };

        var ended = await RunAsync("checks", "--status", "unknown");

        Assert.DoesNotContain("ping", ended.Output, StringComparison.Ordinal);
        Assert.Contains("pong", ended.Output, StringComparison.Ordinal);
        Assert.Contains("reported.unknown", ended.Output, StringComparison.Ordinal);
        Assert.Equal("", ended.Error);
    }

    [Fact]
    public async Task Checks_NothingMatches_IsOkAndSaysSo()
    {
        var ended = await RunAsync("checks");

        Assert.Equal(new Ended(0, "", "monitor: nothing matches\n"), ended);
    }

    [Fact]
    public async Task Services_Table_CountsInstances()
    {
        server.Answers.Services = _ => new()
        {
            Services =
            {
                new Service { Name = "go-server", Version = "1.0.0", Nodes = { Enumerable.Range(1, 5).Select(n => new Node { Id = $"i{n}" }) } },
                new Service { Name = "scripts", Nodes = { new Node { Id = "host" } } },
            },
        };

        var ended = await RunAsync("services", "go-server");

        Assert.Equal(
            """
            SERVICE    VERSION  INSTANCES  IDS
            go-server  1.0.0    5          i1, i2, i3 and 2 more
            scripts    -        1          host

            """,
            ended.Output);
        Assert.Equal(new ServicesRequest { Service = "go-server" }, server.Answers.Asked<ServicesRequest>());
    }

    [Fact]
    public async Task Status_Table_ShowsFreshnessSkewAndInfo()
    {
        server.Answers.Status = _ => new()
        {
            Statuses =
            {
                new Status
                {
                    Service = Samples.Service,
                    Info = "Last update 59s ago",
                    Timestamp = Samples.Timestamp,
                    Derived = new Derived { Freshness = Freshness.Unknown, ClockSkewMs = -3, Counters = new Counters { Late = 1, Lost = 2 } },
                },
            },
        };

        var ended = await RunAsync("status", "--service", "go-server", "--id", Samples.Instance, "--verbose");

        Assert.Equal(
            "STATUS   SERVICE          INSTANCE                                        AGE      FRESHNESS  SKEW  LATE  LOST  INFO\n"
            + $"UNKNOWN  go-server@1.0.0  {Samples.Instance}  12s ago  UNKNOWN    -3ms  1     2     Last update 59s ago\n",
            ended.Output);
        Assert.Equal(
            new StatusRequest { Service = "go-server", Id = Samples.Instance, Verbose = true, View = View.Full },
            server.Answers.Asked<StatusRequest>());
    }

    [Fact]
    public async Task Stats_Tables_ShowProcessesOrEndpoints()
    {
        server.Answers.Stats = _ => new()
        {
            Stats =
            {
                new Stats
                {
                    Service = new Service { Name = "s", Id = "i" },
                    Timestamp = Samples.Timestamp,
                    Interval = 10,
                    Cpu = new CPU { UserTime = 2_000_000_000, SystemTime = 500_000_000 },
                    Memory = new Memory { MaxRss = 2048 },
                    Runtime = new Runtime { NumThreads = 7, HeapInUse = 1 << 20 },
                    Endpoints =
                    {
                        new Endpoint
                        {
                            Service = "foo",
                            Method = "Foo.Bar",
                            Success = new Metrics { Count = 100, Mean = 1_500_000, StdDev = 20_000, Upper95 = 2_000_000_000 },
                            Errors = new Metrics { Count = 3 },
                        },
                    },
                },
            },
        };

        var processes = await RunAsync("stats");
        var endpoints = await RunAsync("stats", "--endpoints");

        Assert.Equal(
            """
            SERVICE  INSTANCE  AGE      FRESHNESS  CPU    MEMORY  HEAP   THREADS  ENDPOINTS
            s        i         12s ago  -          25.0%  2 MiB   1 MiB  7        1

            """,
            processes.Output);
        Assert.Equal(
            """
            SERVICE  INSTANCE  AGE      ENDPOINT     SUCCESS  MEAN   DEVIATION  95%  ERRORS  DROPPED
            s        i         12s ago  foo Foo.Bar  100      1.5ms  20µs       2s   3       0

            """,
            endpoints.Output);
    }

    [Fact]
    public async Task History_Table_ShowsEachReport()
    {
        server.Answers.History = _ => new()
        {
            Entries =
            {
                new HistoryEntry { Healthcheck = Samples.Pong, ReceivedAtMs = (Samples.Timestamp * 1000) + 7, Sequence = 3, Late = true },
                new HistoryEntry { Status = new Status { Status_ = Status.Types.Status.Running, Timestamp = Samples.Timestamp }, ReceivedAtMs = 5 },
                new HistoryEntry { Stats = new Stats(), ReceivedAtMs = 4 },
            },
        };

        var ended = await RunAsync("history", "--service", "go-server", "--id", "i", "--check", "c", "--from", "1h", "--to", "1451096508");

        Assert.Equal(
            """
            RECEIVED                  STATUS   REPORT                     TIMESTAMP                 SEQUENCE  LATE  DETAIL
            2015-12-26T02:21:48.007Z  ERROR    go.micro.healthcheck.pong  2015-12-26T02:21:48.000Z  3         late  Unknown exception
            1970-01-01T00:00:00.005Z  RUNNING  (status)                   2015-12-26T02:21:48.000Z  -         -
            1970-01-01T00:00:00.004Z  -        (stats)                    -                         -         -

            """,
            ended.Output);
        Assert.Equal(
            new HistoryRequest
            {
                Service = "go-server",
                Id = "i",
                Check = "c",
                FromMs = (Samples.Timestamp + 12 - 3600) * 1000,
                ToMs = Samples.Timestamp * 1000,
            },
            server.Answers.Asked<HistoryRequest>());
    }

    private static Func<HealthChecksRequest, HealthChecksResponse> Paged(int pages) => request =>
    {
        var page = request.PageToken.Length == 0 ? 0 : int.Parse(request.PageToken, null);
        return new()
        {
            Healthchecks = { new HealthCheck { Id = $"check-{page}" } },
            NextPageToken = page + 1 < pages ? $"{page + 1}" : "",
        };
    };

    private static HealthCheck Fresh(HealthCheck check)
    {
        check.Duration = 1_500_000;
        check.Derived = new Derived { Freshness = Freshness.Fresh, SinceMs = (Samples.Timestamp - 120) * 1000 };
        return check;
    }

    private Task<Ended> RunAsync(params string[] args) => RunAsync(shell => shell, args);

    private Task<Ended> RunAsync(Func<Shell, Shell> configure, params string[] args) =>
        Tool.RunAsync(shell => configure(shell with { Time = time }), ["--server", server.Url, .. args]);
}
