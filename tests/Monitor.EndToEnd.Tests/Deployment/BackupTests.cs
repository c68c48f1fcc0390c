using Microsoft.Data.Sqlite;
using Monitor.Protocol;
using Monitor.Testing;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests.Deployment;

/// <summary>Backup and restore of the SQLite journal, as docs/operations.md says.</summary>
public sealed class BackupTests : IDisposable
{
    private const string Check = "backup.check";

    private readonly DirectoryInfo restored = Directory.CreateTempSubdirectory("monitor-restored-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Backup_WhileReportsAreWritten_IsRestoredAndReportersGoOn()
    {
        var reports = new ReportBuilder("backup", $"backup-{Guid.NewGuid()}");
        ulong saved;
        await using (var silo = await SiloProcess.StartAsync(new() { AnyPort = true }, Cancellation))
        {
            await ReportAsync(silo, reports);
            saved = reports.Sequence;
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            var writing = WriteUntilAsync(silo, stop.Token);
            await BackUpAsync(Path.Combine(silo.DataDirectory, "journal.db"), Path.Combine(restored.FullName, "journal.db"));
            await stop.CancelAsync();
            await writing;
            // Acknowledged, and in no backup.
            await ReportAsync(silo, reports);
        }

        await using var again = await SiloProcess.StartAsync(new() { AnyPort = true, DataDirectory = restored.FullName }, Cancellation);

        Assert.Equal(saved, await LatestAsync(again));
        await ReportAsync(again, reports);
        Assert.Equal(reports.Sequence, await LatestAsync(again));
        again.ThrowOnErrors();
    }

    public void Dispose() => restored.Delete(recursive: true);

    private static async Task ReportAsync(SiloProcess silo, ReportBuilder reports)
    {
        var batch = reports.Batch(reports.Check(Check));
        batch.Acknowledge = Acknowledge.Applied;
        await silo.Reporter.ReportAsync(batch, cancellationToken: Cancellation);
    }

    private static async Task WriteUntilAsync(SiloProcess silo, CancellationToken stop)
    {
        var others = new ReportBuilder("backup", $"backup-other-{Guid.NewGuid()}");
        while (!stop.IsCancellationRequested) await silo.Reporter.ReportAsync(others.Batch(others.Check("backup.other")), cancellationToken: Cancellation);
    }

    private static async Task BackUpAsync(string journal, string copy)
    {
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = journal, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString());
        await connection.OpenAsync(Cancellation);
        await using var command = connection.CreateCommand();
        command.CommandText = "VACUUM INTO $copy";
        command.Parameters.AddWithValue("$copy", copy);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static async Task<ulong> LatestAsync(SiloProcess silo) =>
        Assert.Single((await silo.Queries.HealthChecksAsync(new() { Id = Check, View = View.Full }, cancellationToken: Cancellation)).Healthchecks).Derived.Sequence;
}
