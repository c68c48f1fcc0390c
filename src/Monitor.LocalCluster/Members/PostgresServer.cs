using System.Globalization;
using System.Security.Cryptography;
using Monitor.LocalCluster.Processes;
using Monitor.LocalCluster.Programs;

namespace Monitor.LocalCluster.Members;

/// <summary>PostgreSQL with a database of the cluster, owned by a role that has no other right.</summary>
internal static class PostgresServer
{
    private const string Role = "monitor";
    private const string Database = "monitor";

    // How long processes of a server that was killed may take to notice.
    private static readonly TimeSpan OrphansEnd = TimeSpan.FromSeconds(5);

    public static string NewPassword() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    public static string ConnectionString(ClusterState state)
    {
        var port = state.Of(MemberKind.Postgres).Single().Ports["sql"];
        return string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={port};Username={Role};Password={state.PostgresPassword};Database={Database}");
    }

    public static string DataOf(Member member, string folder) => Path.Combine(folder, member.Name, "data");

    public static async Task<CommandLine> PrepareAsync(ClusterState state, Member member, string folder, CancellationToken cancellationToken)
    {
        var programs = await PostgresPrograms.FindAsync(cancellationToken);
        var data = DataOf(member, folder);
        Directory.CreateDirectory(Path.Combine(folder, member.Name));
        var account = await PostgresAccount.ChooseAsync(programs, Path.Combine(folder, member.Name), cancellationToken);
        // Made under another name, and in place when it is whole.
        if (!Directory.Exists(data))
        {
            var making = $"{data}.making";
            if (Directory.Exists(making)) Directory.Delete(making, recursive: true);
            await CreateAsync(account, state, making, cancellationToken);
            Directory.Move(making, data);
        }

        await EndOrphansAsync(data, cancellationToken);
        return account.Command(
            "postgres",
            [
                "-D", data, "-c", "listen_addresses=127.0.0.1", "-c", string.Create(CultureInfo.InvariantCulture, $"port={member.Ports["sql"]}"), "-c", "unix_socket_directories=",
                "-c", "max_connections=300", "-c", "max_wal_size=2GB", "-c", "fsync=on",
            ]);
    }

    /// <summary>Null: it takes connections. It says so in the file by which its own tools know.</summary>
    public static string? WhyNotReady(Member member, string folder)
    {
        const int Status = 7;
        try
        {
            var lines = File.ReadAllLines(Path.Combine(DataOf(member, folder), "postmaster.pid"));
            if (lines.Length > Status && lines[0] == member.Process?.Id.ToString(CultureInfo.InvariantCulture)) return lines[Status].Trim() is var status && status == "ready" ? null : status;
        }
        catch (IOException)
        {
            // Not written yet, or being written.
        }

        return "starting";
    }

    /// <summary>The processes of a server that was killed end by themselves, mostly; it does not start again while one of them is there.</summary>
    public static async Task EndOrphansAsync(string data, CancellationToken cancellationToken)
    {
        foreach (var orphan in ProcessIdentity.WorkingIn(data))
        {
            if (await orphan.GoneAsync(OrphansEnd, cancellationToken)) continue;
            orphan.Send(Signal.Kill);
            await orphan.GoneAsync(OrphansEnd, cancellationToken);
        }
    }

    private static async Task CreateAsync(PostgresAccount account, ClusterState state, string data, CancellationToken cancellationToken)
    {
        await account.RunAsync("initdb", ["-D", data, "-U", "postgres", "-A", "reject", "--no-locale", "-E", "UTF8"], input: null, cancellationToken);
        // The superuser cannot log in: who could is root, or owns the files, anyway.
        await File.WriteAllTextAsync(Path.Combine(data, "pg_hba.conf"), $"host {Database} {Role} 127.0.0.1/32 scram-sha-256\n", cancellationToken);
        await account.RunAsync(
            "postgres", ["--single", "-D", data, "-c", "password_encryption=scram-sha-256", "postgres"],
            $"CREATE ROLE {Role} LOGIN PASSWORD '{state.PostgresPassword}'\nCREATE DATABASE {Database} OWNER {Role}\n", cancellationToken);
    }
}
