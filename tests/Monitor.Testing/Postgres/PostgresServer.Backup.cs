using Monitor.LocalCluster.Programs;

namespace Monitor.Testing.Postgres;

public sealed partial class PostgresServer
{
    private string Dump(string schema) => Path.Combine(folder, $"{schema}.dump");

    /// <summary>Dumps a schema, whatever is written meanwhile.</summary>
    public async Task DumpAsync(string schema, CancellationToken cancellationToken = default) => await account.RunAsync(
        await ClientProgramAsync("pg_dump", cancellationToken), ["-Fc", "-n", schema, "-d", $"{ConnectionInfo} dbname=postgres", "-f", Dump(schema)], input: null, cancellationToken);

    /// <summary>Puts a schema back as it was dumped, where there is none of its name.</summary>
    public async Task RestoreAsync(string schema, CancellationToken cancellationToken = default) => await account.RunAsync(
        await ClientProgramAsync("pg_restore", cancellationToken), ["-e", "-d", $"{ConnectionInfo} dbname=postgres", Dump(schema)], input: null, cancellationToken);

    // Debian has them in a package of their own, in the same folder.
    private static async Task<string> ClientProgramAsync(string name, CancellationToken cancellationToken)
    {
        var installed = Path.Combine((await PostgresPrograms.FindAsync(cancellationToken)).Folder, name);
        return File.Exists(installed)
            ? installed
            : Path.Combine(await DebianPackage.FetchAsync("postgresql-client-15", "bookworm", cancellationToken), "usr/lib/postgresql/15/bin", name);
    }
}
