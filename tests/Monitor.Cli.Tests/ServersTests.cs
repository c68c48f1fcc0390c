using System.Net.Sockets;
using Monitor.Testing.Processes;

namespace Monitor.Cli.Tests;

/// <summary>What <c>--server</c> takes beside one address.</summary>
public sealed class ServersTests
{
    [Fact]
    public async Task List_SomeDead_OneThatLivesAnswers()
    {
        await using var server = await CannedServer.StartAsync();
        server.Answers.HealthChecks = _ => new() { Healthchecks = { Samples.Ping } };

        // Which is first is random.
        for (var i = 0; i < 5; i++)
        {
            var ended = await AskAsync($"127.0.0.1:{Ports.Free()}, {server.Url},http://127.0.0.1:{Ports.Free()}");
            Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        }
    }

    [Fact]
    public async Task List_OneDiesBeforeItAnswers_TheOtherIsAsked()
    {
        await using var server = await CannedServer.StartAsync();
        server.Answers.HealthChecks = _ => server.Answers.Requests.Count == 1
            ? throw new Grpc.Core.RpcException(new(Grpc.Core.StatusCode.Unavailable, "The server is stopping."))
            : new() { Healthchecks = { Samples.Ping } };

        var ended = await AskAsync($"{server.Url},{server.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal)}");

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.Equal(2, server.Answers.Requests.Count);
    }

    [Fact]
    public async Task List_AllDead_EndsWith3()
    {
        var ended = await AskAsync($"127.0.0.1:{Ports.Free()},127.0.0.1:{Ports.Free()}");

        Assert.Equal((3, ""), (ended.ExitCode, ended.Output));
        Assert.StartsWith("monitor: cannot reach http://127.0.0.1:", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hanging_IsLeftForAnother()
    {
        await using var server = await CannedServer.StartAsync();
        server.Answers.HealthChecks = _ => new() { Healthchecks = { Samples.Ping } };
        using var hanging = new TcpListener(System.Net.IPAddress.Loopback, 0);
        hanging.Start();

        for (var i = 0; i < 3; i++)
        {
            var ended = await AskAsync($"127.0.0.1:{((System.Net.IPEndPoint)hanging.LocalEndpoint).Port},{server.Url}", "--timeout", "25s");
            Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        }
    }

    [Fact]
    public async Task Dns_Name_IsResolved()
    {
        await using var server = await CannedServer.StartAsync();
        server.Answers.HealthChecks = _ => new() { Healthchecks = { Samples.Ping } };

        Assert.Equal(0, (await AskAsync($"dns:///localhost:{new Uri(server.Url).Port}")).ExitCode);
    }

    [Fact]
    public async Task Consul_Away_EndsWith3AndSaysWhy()
    {
        var ended = await AskAsync($"consul://127.0.0.1:{Ports.Free()}/go.micro.srv.monitor");

        Assert.Equal((3, ""), (ended.ExitCode, ended.Output));
        Assert.StartsWith("monitor: no server found by consul://127.0.0.1:", ended.Error, StringComparison.Ordinal);
        Assert.Contains("refused", ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("consul:///")]
    [InlineData("dns:///localhost")]
    [InlineData("http://a,dns:///b:1")]
    public async Task Address_Wrong_IsUsageAndNamesTheOption(string server)
    {
        var ended = await AskAsync(server);

        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.StartsWith("monitor: --server: ", ended.Error, StringComparison.Ordinal);
        Assert.Contains("allowed", ended.Error.Replace("stands alone", "allowed", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static Task<Ended> AskAsync(string server, params string[] more) => Tool.RunAsync(shell => shell, ["checks", "--server", server, .. more]);
}
