using Monitor.LocalCluster.Processes;
using Monitor.Protocol;
using Monitor.Testing;
using Monitor.Testing.Processes;
using Npgsql;

namespace Monitor.LocalCluster.Tests;

/// <summary>One after the other, on one cluster, each leaving it ready.</summary>
public sealed class MemberTests(RunningCluster running) : IClassFixture<RunningCluster>
{
    private readonly LoopbackCluster cluster = running.Cluster;

    [Fact]
    public async Task Up_OneSiloAndOneGateway_EveryMemberIsReady()
    {
        var status = await cluster.StatusAsync();

        Assert.Equal(["consul-1", "postgres", "silo-1", "gateway-1"], status.Select(member => member.Member.Name));
        Assert.All(status, member => Assert.Null(member.WhyNotReady));
    }

    [Theory]
    [InlineData("consul-1")]
    [InlineData("postgres")]
    [InlineData("gateway-1")]
    [InlineData("silo-1")]
    public async Task Kill_ThenStart_ComesBackInItsPlaceWithWhatWasReported(string name)
    {
        var check = $"kill.{name}";
        await ReportAsync(check);
        var before = cluster[name];

        await cluster.KillAsync(name);
        Assert.Equal("not running", (await cluster.StatusAsync()).Single(member => member.Member.Name == name).WhyNotReady);
        await cluster.StartAsync(name);

        Assert.NotEqual(before.Process, cluster[name].Process);
        Assert.Equal(before.Ports, cluster[name].Ports);
        await Eventually.UntilAsync($"{check} is answered", async ct => await IsAnsweredAsync(check, ct), TimeSpan.FromSeconds(60));
        await Eventually.UntilAsync("every member is ready", async ct => (await cluster.StatusAsync(ct)).All(member => member.Ready), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Pause_ThenResume_StandsStillAndGoesOn()
    {
        await cluster.PauseAsync("gateway-1");
        var paused = (await cluster.StatusAsync()).Single(member => member.Member.Name == "gateway-1");
        await cluster.ResumeAsync("gateway-1");

        Assert.Equal((ProcessCondition.Paused, "paused"), (paused.Condition, paused.WhyNotReady));
        await Eventually.UntilAsync("the gateway is ready", async ct => (await cluster.StatusAsync(ct)).All(member => member.Ready), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Start_AMemberThatRuns_IsRefused()
    {
        var refused = await Assert.ThrowsAsync<ClusterException>(() => cluster.StartAsync("consul-1"));

        Assert.Contains($"{cluster["consul-1"].Process!.Id}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Postgres_RoleOfTheCluster_IsNoSuperuserAndWritesToTheDisk()
    {
        await using var connection = new NpgsqlConnection(cluster.PostgresConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT rolsuper::text || ' ' || current_setting('fsync') FROM pg_roles WHERE rolname = current_user", connection);

        Assert.Equal("false on", await command.ExecuteScalarAsync());
    }

    private async Task ReportAsync(string check)
    {
        using var channel = SiloProcess.ChannelTo(cluster["gateway-1"].Grpc!);
        var answer = await new Reporter.ReporterClient(channel).ReportAsync(
            new()
            {
                Acknowledge = Acknowledge.Applied,
                Service = new() { Name = "orders", Id = "orders-1" },
                Reports = { new Report { Healthcheck = new() { Id = check, Status = HealthCheck.Types.Status.Ok, Timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() } } },
            },
            deadline: Deadline);
        Assert.Equal(1U, answer.Accepted);
    }

    private async Task<bool> IsAnsweredAsync(string check, CancellationToken cancellationToken)
    {
        using var channel = SiloProcess.ChannelTo(cluster["gateway-1"].Grpc!);
        var answer = await new Protocol.Monitor.MonitorClient(channel).HealthChecksAsync(new() { Id = check }, deadline: Deadline, cancellationToken: cancellationToken);
        return answer.Healthchecks.Count == 1;
    }

    private static DateTime Deadline => (TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(20)).UtcDateTime;
}
