using Monitor.Protocol;
using Monitor.Testing;
using Monitor.Testing.Postgres;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests.Setups;

/// <summary>PostgreSQL fails over under a server.</summary>
[Collection(nameof(SetupServers))]
public sealed class FailoverTests(SetupServers servers)
{
    private const string Check = "failover.check";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Failover_StandbyLackedTheEnd_EndsTheServerWhichIsRightOnceItIsStartedAgain()
    {
        await using var primary = await PostgresServer.StartAsync(cancellationToken: Cancellation);
        await using var standby = await primary.AddStandbyAsync(synchronous: false, Cancellation);
        await using var server = SetupOf(primary, standby).Launch("all");
        await server.UntilReadyAsync(Cancellation);
        var reports = new ReportBuilder("failover", $"failover-{Guid.NewGuid()}");
        await ReportAsync(server, reports);
        var kept = reports.Sequence;
        await standby.CatchUpAsync(primary, Cancellation);
        await standby.StopAsync(Cancellation);
        for (var i = 0; i < 5; i++) await ReportAsync(server, reports);

        await primary.DieAsync(Cancellation);
        await standby.StartAgainAsync(Cancellation);
        await standby.PromoteAsync(Cancellation);

        await Eventually.UntilAsync("the server ends", () => server.HasExited, cancellationToken: Cancellation);
        await Eventually.UntilAsync("its end is known", () => server.Log.Lines.Any(line => line.Contains("with exit code 1", StringComparison.Ordinal)), cancellationToken: Cancellation);
        Assert.Contains(server.Log.Lines, line => line.StartsWith("Monitor ends: The journal on ", StringComparison.Ordinal) && line.Contains("has lost its end", StringComparison.Ordinal));
        await server.RestartAsync(Cancellation);
        Assert.Equal(kept, await LatestAsync(server));
        await ReportAsync(server, reports);
        Assert.Equal(reports.Sequence, await LatestAsync(server));
    }

    [Fact]
    public async Task Failover_StandbyHasAll_TheServerGoesOn()
    {
        await using var primary = await PostgresServer.StartAsync(cancellationToken: Cancellation);
        await using var standby = await primary.AddStandbyAsync(synchronous: true, Cancellation);
        await using var server = SetupOf(primary, standby).Launch("all");
        await server.UntilReadyAsync(Cancellation);
        var reports = new ReportBuilder("failover", $"failover-{Guid.NewGuid()}");
        for (var i = 0; i < 5; i++) await ReportAsync(server, reports);

        await primary.DieAsync(Cancellation);
        var waiting = ReportAsync(server, reports);
        await standby.PromoteAsync(Cancellation);

        await waiting;
        await ReportAsync(server, reports);
        Assert.Equal(reports.Sequence, await LatestAsync(server));
        Assert.Equal(0, await server.StopAsync());
        server.ThrowOnErrors();
    }

    private Setup SetupOf(PostgresServer primary, PostgresServer standby) => new(
        servers.Next().Name,
        $"Host=127.0.0.1:{primary.Port},127.0.0.1:{standby.Port};Username={PostgresServer.User};Password={PostgresServer.Password};Database=postgres",
        servers.Consul.Address.ToString());

    private static async Task ReportAsync(SiloProcess server, ReportBuilder reports)
    {
        var batch = reports.Batch(reports.Check(Check));
        batch.Acknowledge = Acknowledge.Applied;
        await server.Reporter.ReportAsync(batch, cancellationToken: Cancellation);
    }

    private static async Task<ulong> LatestAsync(SiloProcess server) =>
        Assert.Single((await server.Queries.HealthChecksAsync(new() { Id = Check, View = View.Full }, cancellationToken: Cancellation)).Healthchecks).Derived.Sequence;
}
