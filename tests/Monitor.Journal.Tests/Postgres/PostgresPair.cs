using Monitor.Testing.Postgres;
using Npgsql;

namespace Monitor.Journal.Tests.Postgres;

/// <summary>A primary and its standby, of one test.</summary>
internal sealed class PostgresPair(PostgresServer primary, PostgresServer standby) : IAsyncDisposable
{
    public PostgresServer Primary => primary;

    public PostgresServer Standby => standby;

    /// <summary>Names both.</summary>
    public string ConnectionString => Hosts(standby.Port);

    public static async Task<PostgresPair> StartAsync(bool synchronous, CancellationToken cancellationToken)
    {
        var primary = await PostgresServer.StartAsync(cancellationToken: cancellationToken);
        try
        {
            return new(primary, await primary.AddStandbyAsync(synchronous, cancellationToken));
        }
        catch
        {
            await primary.DisposeAsync();
            throw;
        }
    }

    /// <summary>Names the primary, and where else it is to be looked for.</summary>
    public string Hosts(int otherPort) => new NpgsqlConnectionStringBuilder(primary.ConnectionString) { Host = $"127.0.0.1:{primary.Port},127.0.0.1:{otherPort}" }.ConnectionString;

    /// <summary>Ends the primary, and has the standby take its place.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="firstOnly">Kills its first process only; its sessions see that a moment later.</param>
    public async Task FailOverAsync(CancellationToken cancellationToken, bool firstOnly = false)
    {
        await (firstOnly ? primary.KillAsync(cancellationToken) : primary.DieAsync(cancellationToken));
        await standby.PromoteAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await primary.DisposeAsync();
        }
        finally
        {
            await standby.DisposeAsync();
        }
    }
}
