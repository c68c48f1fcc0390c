using Monitor.Protocol;
using Monitor.Testing;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests;

public sealed class SelfMonitoringTests(SharedSilo shared)
{
    private const string Self = "go.micro.srv.monitor";

    [Fact]
    public async Task Server_AskedForItself_IsRunningWithItsHealthchecksAndStats()
    {
        var queries = shared.Process.Queries;
        var cancellation = TestContext.Current.CancellationToken;

        await Eventually.GetAsync(
            "the server's own status is RUNNING",
            async ct => (await queries.StatusAsync(new() { Service = Self, Verbose = true }, cancellationToken: ct)).Statuses,
            statuses => statuses.Count > 0 && statuses.All(status => status.Status_ == Status.Types.Status.Running),
            TimeSpan.FromMinutes(2),
            cancellation);
        await Eventually.GetAsync(
            "its healthchecks are listed, and OK",
            async ct => (await queries.HealthChecksAsync(new() { Service = Self, Limit = 1_000 }, cancellationToken: ct)).Healthchecks,
            checks => checks.Count > 0 && checks.All(check => check.Status == HealthCheck.Types.Status.Ok),
            TimeSpan.FromMinutes(2),
            cancellation);
        await Eventually.GetAsync(
            "its stats hold memory and threads",
            async ct => (await queries.StatsAsync(new() { Service = Self }, cancellationToken: ct)).Stats,
            stats => stats.Any(s => s.Memory?.MaxRss > 0 && s.Runtime?.NumThreads > 0),
            TimeSpan.FromMinutes(2),
            cancellation);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("[::]")]
    public async Task Server_ThatListensOnEveryInterface_ReachesItself(string every)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var silo = await SiloProcess.StartAsync(
            new() { Environment = new Dictionary<string, string> { ["Monitor__Grpc"] = $"http://{every}:{Ports.Free()}" } }, cancellation);

        await Eventually.UntilAsync(
            "it is listed",
            async ct => (await silo.HttpClient.GetStringAsync(new Uri($"/v1/status?service={Self}&verbose=true", UriKind.Relative), ct)).Contains(Self, StringComparison.Ordinal),
            cancellationToken: cancellation);
        Assert.DoesNotContain(silo.Log.Lines, line => line.Contains("Lost the server", StringComparison.Ordinal));
    }
}
