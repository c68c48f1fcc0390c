using System.Globalization;
using Monitor.LocalCluster.Programs;
using Monitor.Testing.Processes;

namespace Monitor.Testing.Postgres;

public sealed partial class PostgresServer
{
    /// <summary>Whether it follows another.</summary>
    public Task<bool> IsStandbyAsync(CancellationToken cancellationToken = default) => QueryAsync<bool>("SELECT pg_is_in_recovery()", cancellationToken);

    /// <summary>Makes a server that follows this one, as a copy of it; this one is stopped for that, and started again.</summary>
    /// <param name="synchronous">Whether commits wait until the standby has them.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<PostgresServer> AddStandbyAsync(bool synchronous, CancellationToken cancellationToken = default)
    {
        var standby = new PostgresServer(Directory.CreateTempSubdirectory("monitor-postgres-").FullName, durable);
        try
        {
            await StopAsync(cancellationToken);
            // For a standby that was away, and for one that was a primary and is turned back.
            await ConfigureAsync("wal_keep_size = 512MB", "wal_log_hints = on");
            standby.Port = Ports.Free();
            standby.account = await PostgresAccount.ChooseAsync(await PostgresPrograms.FindAsync(cancellationToken), standby.folder, cancellationToken);
            // Of a server that is stopped a copy of its files is one of its data. Of all paths, that of a program of the system stays what it is.
            await standby.account.RunAsync("/bin/cp", ["-a", Data, standby.Data], input: null, cancellationToken);
            await StartAgainAsync(cancellationToken);
            await standby.FollowAsync(this, cancellationToken);
            if (synchronous) await WaitForStandbyAsync(cancellationToken);
            return standby;
        }
        catch
        {
            await standby.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until a standby has all that its primary has committed.</summary>
    public async Task CatchUpAsync(PostgresServer primary, CancellationToken cancellationToken = default)
    {
        var end = await primary.QueryAsync<string>("SELECT pg_current_wal_lsn()::text", cancellationToken);
        await Eventually.UntilAsync("the standby has it", cancel => QueryAsync<bool>($"SELECT pg_last_wal_replay_lsn() >= '{end}'", cancel), cancellationToken: cancellationToken);
    }

    /// <summary>
    /// Kills all its processes at once, as the end of its machine would. Without that, sessions go on for a moment after the first process is gone: one that waits for a standby
    /// then ends its wait, and others see what no standby has.
    /// </summary>
    public async Task DieAsync(CancellationToken cancellationToken = default)
    {
        // Stopped, it neither tells the others to end nor starts new ones.
        Signals.Suspend(Running.Id);
        foreach (var child in ChildrenOf(Running.Id)) Signals.Send(child, Sigkill);
        await EndAsync(Sigkill, cancellationToken);
    }

    /// <summary>Makes a standby the primary, and waits until it is.</summary>
    public async Task PromoteAsync(CancellationToken cancellationToken = default)
    {
        if (!await QueryAsync<bool>("SELECT pg_promote()", cancellationToken)) throw new InvalidOperationException($"It was not promoted:\n{Log.Tail()}");
    }

    /// <summary>Turns a primary that has died into a standby of the one that took its place.</summary>
    public async Task RejoinAsync(PostgresServer primary, CancellationToken cancellationToken = default)
    {
        await primary.ExecuteAsync("CHECKPOINT", cancellationToken);
        await account.RunAsync("pg_rewind", [$"--target-pgdata={Data}", $"--source-server={primary.ConnectionInfo} dbname=postgres", "--no-sync"], input: null, cancellationToken);
        await FollowAsync(primary, cancellationToken);
    }

    // The fourth field of a process's status is its parent; the second, in brackets, is its name.
    private static IEnumerable<int> ChildrenOf(int parent)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var process)) continue;
            string status;
            try
            {
                status = File.ReadAllText(Path.Combine(folder, "stat"));
            }
            catch (IOException)
            {
                // It has ended.
                continue;
            }
            if (status[(status.LastIndexOf(')') + 2)..].Split(' ')[1] == parent.ToString(CultureInfo.InvariantCulture)) yield return process;
        }
    }

    private string ConnectionInfo => string.Create(CultureInfo.InvariantCulture, $"host=127.0.0.1 port={Port} user={User} password={Password}");

    private async Task FollowAsync(PostgresServer primary, CancellationToken cancellationToken)
    {
        // The last line of a setting counts; those before it are of the server that it was copied from.
        await ConfigureAsync(string.Create(CultureInfo.InvariantCulture, $"port = {Port}"), $"primary_conninfo = '{primary.ConnectionInfo}'");
        await File.WriteAllTextAsync(Path.Combine(Data, "standby.signal"), "", cancellationToken);
        await StartAgainAsync(cancellationToken);
    }

    private async Task WaitForStandbyAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = '*'", cancellationToken);
        await ExecuteAsync("SELECT pg_reload_conf()", cancellationToken);
        await Eventually.UntilAsync(
            "commits wait for the standby",
            async cancel => await QueryAsync<long>("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", cancel) == 1,
            cancellationToken: cancellationToken);
    }

    private Task ConfigureAsync(params string[] settings) => File.AppendAllLinesAsync(Path.Combine(Data, "postgresql.conf"), settings);
}
