using System.Net;
using System.Net.Sockets;

namespace Monitor.Cli.Tests;

/// <summary>The tool as a process: what a script sees.</summary>
public sealed class ExitCodeTests
{
    [Fact]
    public async Task Process_ServerOfTheEnvironment_IsAsked()
    {
        await using var server = await CannedServer.StartAsync();
        server.Answers.HealthChecks = _ => new() { Healthchecks = { Samples.Ping } };

        var ended = await Tool.ProcessAsync(server.Url, "query", "go.micro.srv.monitor", "Monitor.HealthChecks", """{"id": "go.micro.healthcheck.ping"}""");

        Assert.Equal(new Ended(0, Samples.PingJson, ""), ended);
    }

    [Fact]
    public async Task Process_NotFound_EndsWith1()
    {
        await using var server = await CannedServer.StartAsync();
        server.Answers.HealthChecks = _ => throw new Grpc.Core.RpcException(new(Grpc.Core.StatusCode.NotFound, "healthcheck nope was never seen"));

        var ended = await Tool.ProcessAsync(server.Url, "checks", "--id", "nope");

        Assert.Equal(new Ended(1, "", "monitor: healthcheck nope was never seen\n"), ended);
    }

    [Fact]
    public async Task Process_NobodyListens_EndsWith3InOneLine()
    {
        int free;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            free = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        var ended = await Tool.ProcessAsync(null, "--server", $"http://127.0.0.1:{free}", "checks");

        Assert.Equal(new Ended(3, "", $"monitor: cannot reach http://127.0.0.1:{free}: Connection refused\n"), ended);
    }

    [Fact]
    public async Task Process_ServerIsNoGrpcServer_EndsWith3InOneLine()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerInHttp1Async(listener);

        var ended = await Tool.ProcessAsync(null, "checks", "--server", $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        await answering;

        Assert.Equal((3, ""), (ended.ExitCode, ended.Output));
        Assert.Single(ended.Error.TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [InlineData("checks", "--limit", "-1", "--limit: \"-1\" is no whole number")]
    [InlineData("checks", "--status", "splendid", "--status: \"splendid\" is none of ok|error|unknown")]
    [InlineData("checks", "--timeout", "soon", "--timeout: \"soon\" is no duration; write it as 90s")]
    [InlineData("checks", "--timeout", "0s", "--timeout: \"0s\" must be more than 0")]
    [InlineData("checks", "--timeout", "9999999d", "--timeout: \"9999999d\" must be at most 1d")]
    [InlineData("checks", "--server", "ftp://x", "--server: \"ftp://x\" is no address")]
    [InlineData("checks", "--nope", "x", "--nope")]
    [InlineData("nope", "x", "y", "nope")]
    [InlineData("query", "--compact", "go.micro.srv.monitor", "query")]
    [InlineData("history", "--service", "s", "--id")]
    [InlineData("history", "--from", "never", "--from: \"never\" is no time")]
    [InlineData("report", "--service", "s", "--id")]
    [InlineData("run", "--id", "c", "run")]
    [InlineData("cluster", "nope", "x", "unknown verb \"nope\"; there is up, status")]
    [InlineData("cluster", "up", "--silos=0", "--silos: \"0\" is no whole number from 1 to 20. See: monitor cluster up --help")]
    [InlineData("cluster", "up", "--set=oops", "--set: \"oops\" is no setting")]
    [InlineData("cluster", "up", "--server=x", "--server-path")]
    [InlineData("cluster", "add", "consul", "'consul'")]
    public async Task CommandLine_Wrong_IsUsageAndNamesWhat(string verb, string first, string second, string named)
    {
        await AssertUsage(named, verb, first, second);
    }

    [Theory]
    [InlineData("--result", "novalue", "--result: \"novalue\" is no result")]
    [InlineData("--result", "=x", "--result: \"=x\" is no result")]
    [InlineData("--interval", "1500ms", "--interval: \"1500ms\" must be whole seconds")]
    [InlineData("--ttl", "-1h", "--ttl")]
    [InlineData("--timestamp", "yesterday", "--timestamp: \"yesterday\" is no time")]
    public async Task Report_WrongOption_IsUsageAndNamesIt(string option, string value, string named)
    {
        await AssertUsage(named, "report", "--id", "c", option, value);
    }

    [Fact]
    public async Task CommandLine_WithoutVerb_IsUsage()
    {
        await AssertUsage("monitor --help");
    }

    [Fact]
    public async Task Process_WrongAddressInTheEnvironment_IsUsageAndNamesTheVariable()
    {
        var ended = await Tool.ProcessAsync("nonsense://", "checks");

        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.StartsWith("monitor: MONITOR_SERVER: ", ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("query")]
    [InlineData("checks")]
    [InlineData("services")]
    [InlineData("status")]
    [InlineData("stats")]
    [InlineData("history")]
    [InlineData("report")]
    [InlineData("run")]
    [InlineData("example")]
    public async Task Help_OfEachVerb_EndsWithItsExample(string verb)
    {
        var ended = await Tool.RunAsync(shell => shell, verb, "--help");

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.Contains($"Example:\n  monitor {verb} ", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_OfAGroupOfVerbs_EndsWithTheExampleOfEach()
    {
        var ended = await Tool.RunAsync(shell => shell, "cluster", "--help");

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        foreach (var verb in new[] { "up", "status", "kill", "stop", "start", "pause", "resume", "add", "down" })
            Assert.Contains($"\n  monitor cluster {verb}", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cluster_AFolderWithoutOne_SaysHowToStartIt()
    {
        var ended = await Tool.RunAsync(shell => shell, "cluster", "status", "--folder", "/nowhere");

        Assert.Equal((3, ""), (ended.ExitCode, ended.Output));
        Assert.Contains("monitor cluster up --folder /nowhere", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_Version_PrintsIt()
    {
        var ended = await Tool.ProcessAsync(null, "--version");

        Assert.Equal(0, ended.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+", ended.Output);
    }

    private static async Task AnswerInHttp1Async(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
    }

    private static async Task AssertUsage(string named, params string[] args)
    {
        var ended = await Tool.RunAsync(shell => shell, args);

        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.Contains(named, ended.Error, StringComparison.Ordinal);
        Assert.Single(ended.Error.TrimEnd('\n').Split('\n'));
    }
}
