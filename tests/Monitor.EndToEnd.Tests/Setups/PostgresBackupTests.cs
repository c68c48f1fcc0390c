using Monitor.Protocol;
using Monitor.Testing;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests.Setups;

/// <summary>Backup and restore of the journal on PostgreSQL, as docs/operations.md says.</summary>
[Collection(nameof(SetupServers))]
public sealed class PostgresBackupTests(SetupServers servers)
{
    private const string Check = "backup.check";

    private readonly Setup setup = servers.Next();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Backup_WhileReportsAreWritten_IsRestoredAndReportersGoOn()
    {
        // The role and its schema, as the page has an operator make them.
        await servers.Postgres.ExecuteAsync($"CREATE ROLE {setup.Name} LOGIN PASSWORD 'weak'; CREATE SCHEMA {setup.Name} AUTHORIZATION {setup.Name}", Cancellation);
        var connection = $"Host=127.0.0.1;Port={servers.Postgres.Port};Username={setup.Name};Password=weak;Database=postgres";
        await using var server = setup.Launch("all", ("Monitor:Postgres:ConnectionString", connection));
        await server.UntilReadyAsync(Cancellation);
        var reports = new ReportBuilder("backup", $"backup-{Guid.NewGuid()}");
        for (var i = 0; i < 3; i++) await ReportAsync(server, reports);
        var saved = reports.Sequence;
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation))
        {
            var writing = WriteUntilAsync(server, stop.Token);
            await servers.Postgres.DumpAsync(setup.Name, Cancellation);
            await stop.CancelAsync();
            await writing;
        }
        // Acknowledged, and in no backup.
        for (var i = 0; i < 3; i++) await ReportAsync(server, reports);
        Assert.Equal(0, await server.StopAsync());

        await servers.Postgres.ExecuteAsync($"DROP SCHEMA {setup.Name} CASCADE", Cancellation);
        await servers.Postgres.RestoreAsync(setup.Name, Cancellation);
        await server.RestartAsync(Cancellation);

        Assert.Equal(saved, await LatestAsync(server));
        await ReportAsync(server, reports);
        Assert.Equal(reports.Sequence, await LatestAsync(server));
        Assert.Equal(0, await server.StopAsync());
        server.ThrowOnErrors();
    }

    private static async Task ReportAsync(SiloProcess server, ReportBuilder reports)
    {
        var batch = reports.Batch(reports.Check(Check));
        batch.Acknowledge = Acknowledge.Applied;
        await server.Reporter.ReportAsync(batch, cancellationToken: Cancellation);
    }

    private static async Task WriteUntilAsync(SiloProcess server, CancellationToken stop)
    {
        var others = new ReportBuilder("backup", $"backup-other-{Guid.NewGuid()}");
        while (!stop.IsCancellationRequested) await server.Reporter.ReportAsync(others.Batch(others.Check("backup.other")), cancellationToken: Cancellation);
    }

    private static async Task<ulong> LatestAsync(SiloProcess server) =>
        Assert.Single((await server.Queries.HealthChecksAsync(new() { Id = Check, View = View.Full }, cancellationToken: Cancellation)).Healthchecks).Derived.Sequence;
}
