using System.Text.Json.Nodes;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests;

/// <summary>The README's commands, as a shell runs them.</summary>
public sealed class CliTests(SharedSilo shared)
{
    [Fact]
    public async Task Query_AfterTheExample_PrintsTheSeedsJson()
    {
        var instance = $"go-server-{Guid.NewGuid()}";
        var played = await RunAsync("example", "--instance", instance, "--interval", "1s", "--duration", "2s");
        Assert.True(played.ExitCode == 0, played.Output + played.Error);

        await AssertQueryAsync(Example.Ping, instance, Example.PingJson);
        await AssertQueryAsync(Example.Pong, instance, Example.PongJson);
    }

    [Theory]
    [InlineData(1, "query", "go.micro.srv.monitor", "Monitor.HealthChecks", """{"id": "never.seen"}""")]
    [InlineData(2, "query", "go.micro.srv.monitor", "Monitor.Nope", "{}")]
    [InlineData(2, "query", "go.micro.srv.monitor", "Monitor.HealthChecks", """{"nope": 1}""")]
    [InlineData(3, "services", "--server", "http://127.0.0.1:1")]
    public async Task Command_ThatFails_SaysWhyAndExitsByTheCause(int exitCode, params string[] arguments)
    {
        var run = await RunAsync(arguments);

        Assert.Equal(exitCode, run.ExitCode);
        Assert.NotEmpty(run.Error);
    }

    private async Task AssertQueryAsync(string check, string instance, Func<string, string, long, JsonNode> expected)
    {
        var run = await RunAsync("query", "go.micro.srv.monitor", "Monitor.HealthChecks", $$"""{"id": "{{check}}"}""");
        Assert.True(run.ExitCode == 0, run.Error);
        var answer = JsonNode.Parse(run.Output)!;
        var timestamp = (long)answer["healthChecks"]![0]!["timestamp"]!;
        JsonApi.AssertEqual(expected("go-server", instance, timestamp), answer);
    }

    private Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => CommandProcess.RunAsync(
        BuiltAssembly.Cli, arguments, new Dictionary<string, string> { ["MONITOR_SERVER"] = shared.Process.Grpc.GetLeftPart(UriPartial.Authority) });
}
