using System.Diagnostics;
using Monitor.Protocol;

namespace Monitor.Cli.Tests.Verbs;

/// <summary>The seed's example, as a real process against a real server.</summary>
public sealed class ExampleVerbTests : IAsyncLifetime
{
    private CannedServer server = null!;

    private IReadOnlyList<PublishRequest> Batches => [.. server.Answers.Requests.OfType<PublishRequest>()];

    private IEnumerable<Report> Reports => Batches.SelectMany(batch => batch.Reports);

    public async ValueTask InitializeAsync() => server = await CannedServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task Example_UntilCtrlC_ReportsTheSeedsExampleAndThenStopped()
    {
        using var tool = Tool.Start(server.Url, "example", "--interval", "1s", "--instance", Samples.Instance);
        await server.Answers.WhenReportedAsync(report => report.Stats is not null, "stats");
        using (var kill = Process.Start("kill", ["-INT", $"{tool.Id}"]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        var ended = await Tool.EndedAsync(tool);

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.Contains("""monitor query go.micro.srv.monitor Monitor.HealthChecks '{"id": "go.micro.healthcheck.ping"}'""", ended.Output, StringComparison.Ordinal);
        Assert.Contains("STOPPED among them", ended.Output, StringComparison.Ordinal);
        Assert.All(Batches, batch => Assert.Equal(Samples.Service, batch.Service));

        AssertSame(Samples.Ping, Reports.First(report => report.Healthcheck?.Id == "go.micro.healthcheck.ping").Healthcheck);
        AssertSame(Samples.Pong, Reports.First(report => report.Healthcheck?.Id == "go.micro.healthcheck.pong").Healthcheck);
        var endpoints = Reports.First(report => report.Stats is not null).Stats.Endpoints;
        Assert.Equal(["bar Baz.Bar", "baz Bar.Man", "foo Foo.Bar"], endpoints.Select(endpoint => $"{endpoint.Service} {endpoint.Method}").Order(StringComparer.Ordinal));
        Assert.All(endpoints, endpoint => Assert.Equal(0, endpoint.Success.Count % 100));
        var statuses = Reports.Where(report => report.Status is not null).Select(report => report.Status.Status_).ToArray();
        Assert.Equal((Status.Types.Status.Started, Status.Types.Status.Stopped), (statuses[0], statuses[^1]));
        Assert.Contains(Status.Types.Status.Running, statuses);
    }

    [Fact]
    public async Task Example_ServiceWithADuration_EndsByItself()
    {
        var ended = await Tool.RunAsync(server, "example", "--service", "other", "--duration", "10ms");

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.Contains($"--server {server.Url}", ended.Output, StringComparison.Ordinal);
        Assert.Equal("other", Batches[0].Service.Name);
        Assert.StartsWith("other-", Batches[0].Service.Id, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Example_IntervalOutOfRange_IsUsage()
    {
        var ended = await Tool.RunAsync(server, "example", "--interval", "5ms");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("Interval", ended.Error, StringComparison.Ordinal);
    }

    private static void AssertSame(HealthCheck expected, HealthCheck reported)
    {
        Assert.Equal((expected.Description, expected.Status, expected.Error), (reported.Description, reported.Status, reported.Error));
        Assert.Equal(expected.Results, reported.Results);
    }
}
