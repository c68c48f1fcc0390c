using System.Diagnostics;
using System.Globalization;
using Monitor.LocalCluster.Programs;
using Monitor.Testing.Processes;
using Npgsql;

namespace Monitor.Testing.Postgres;

/// <summary>
/// A PostgreSQL server of its own, on a free port of the loopback interface: started, stopped, killed, and started again on the same data.
/// </summary>
public sealed partial class PostgresServer : IAsyncDisposable
{
    private const int Sigint = 2;
    private const int Sigquit = 3;
    private const int Sigkill = 9;

    private readonly string folder;
    private readonly bool durable;
    private PostgresAccount account = null!;
    private Process? process;

    private PostgresServer(string folder, bool durable) => (this.folder, this.durable) = (folder, durable);

    /// <summary>The superuser.</summary>
    public const string User = "monitor";

    /// <summary>The superuser's.</summary>
    public const string Password = "not-a-secret";

    public int Port { get; private set; }

    /// <summary>Of the superuser, to the database <c>postgres</c>.</summary>
    public string ConnectionString => $"Host=127.0.0.1;Port={Port};Username={User};Password={Password};Database=postgres";

    /// <summary>All it wrote, over every start.</summary>
    public ProcessLog Log { get; } = new();

    /// <summary>Of its first process, the parent of all.</summary>
    public int ProcessId => Running.Id;

    private string Data => Path.Combine(folder, "data");

    private Process Running => process ?? throw new InvalidOperationException("It is not running.");

    /// <summary>Creates a server and waits until it answers.</summary>
    /// <param name="durable">Whether it syncs to the disk: for measuring. Without, what it has committed survives the death of its processes, not that of the machine.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<PostgresServer> StartAsync(bool durable = false, CancellationToken cancellationToken = default)
    {
        var server = new PostgresServer(Directory.CreateTempSubdirectory("monitor-postgres-").FullName, durable);
        try
        {
            await server.CreateAsync(cancellationToken);
            await server.StartAgainAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it on its data and port, and waits until it answers.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        if (process is not null) throw new InvalidOperationException("It is running.");
        var command = account.Command("postgres", ["-D", Data]);
        var start = new ProcessStartInfo(command.Program, command.Arguments) 
        {
            WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in command.Environment) start.Environment[name] = value;
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Log.Add(line.Data);
        process.ErrorDataReceived += (_, line) => Log.Add(line.Data);
        process.Start();
        // A session whose first process is killed while it waits for a standby reads its commands from here, and ends at the end of them.
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Eventually.UntilAsync(
            "PostgreSQL answers",
            async cancel =>
            {
                if (process.HasExited) throw new InvalidOperationException($"PostgreSQL ended with {process.ExitCode}:\n{Log.Tail()}");
                await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
                await connection.OpenAsync(cancel);
                return true;
            },
            cancellationToken: cancellationToken);
    }

    /// <summary>Stops it as an operator would, ending its sessions.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => EndAsync(Sigint, cancellationToken);

    /// <summary>Ends it in the middle of what it does, as a crash would: the next start recovers.</summary>
    public Task CrashAsync(CancellationToken cancellationToken = default) => EndAsync(Sigquit, cancellationToken);

    /// <summary>Kills its first process; the others notice, and end.</summary>
    public Task KillAsync(CancellationToken cancellationToken = default) => EndAsync(Sigkill, cancellationToken);

    /// <summary>Executes a statement as the superuser.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken = default)
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Answers the first value of a query by the superuser.</summary>
    public async Task<T> QueryAsync<T>(string sql, CancellationToken cancellationToken = default)
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null) await EndAsync(Sigquit, CancellationToken.None);
        Directory.Delete(folder, recursive: true);
    }

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        Port = Ports.Free();
        account = await PostgresAccount.ChooseAsync(await PostgresPrograms.FindAsync(cancellationToken), folder, cancellationToken);
        var password = Path.Combine(folder, "password");
        await File.WriteAllTextAsync(password, Password, cancellationToken);
        await account.RunAsync(
            "initdb", ["-D", Data, "-U", User, "-A", "scram-sha-256", $"--pwfile={password}", "--no-locale", "-E", "UTF8", "--no-sync"], input: null, cancellationToken);
        await File.AppendAllTextAsync(
            Path.Combine(Data, "postgresql.conf"),
            string.Create(CultureInfo.InvariantCulture, $"""

                listen_addresses = '127.0.0.1'
                port = {Port}
                unix_socket_directories = ''
                max_connections = 200
                shared_buffers = 128MB
                max_wal_size = 2GB
                fsync = {(durable ? "on" : "off")}

                """),
            cancellationToken);
    }

    private async Task EndAsync(int signal, CancellationToken cancellationToken)
    {
        var ending = Running;
        if (!ending.HasExited) Signals.Send(ending.Id, signal);
        await ending.WaitForExitAsync(cancellationToken).WaitAsync(Eventually.DefaultTimeout, cancellationToken);
        ending.Dispose();
        process = null;
    }
}
