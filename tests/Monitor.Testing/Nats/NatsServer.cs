using System.Diagnostics;
using System.Globalization;
using System.Text;
using Monitor.LocalCluster.Programs;
using Monitor.Testing.Processes;
using NATS.Client.Core;

namespace Monitor.Testing.Nats;

/// <summary>How a <see cref="NatsServer"/> is started.</summary>
public sealed record NatsServerOptions
{
    /// <summary>It has JetStream, whose files outlive a kill.</summary>
    public bool JetStream { get; init; }

    /// <summary>Name and password that are asked for; null: none.</summary>
    public (string User, string Password)? Login { get; init; }

    /// <summary>Bytes of the largest message that it passes on.</summary>
    public int MaxPayload { get; init; } = 1024 * 1024;

    /// <summary>PEM files of a certificate and its key: it speaks TLS only.</summary>
    public (string Certificate, string Key)? Tls { get; init; }

    /// <summary>How long it may take until it answers.</summary>
    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>A real NATS server on loopback with a free port, which it keeps over restarts; stopped with the fixture.</summary>
public sealed class NatsServer : IAsyncDisposable
{
    private readonly string program;
    private readonly string folder = Directory.CreateTempSubdirectory("monitor-nats-").FullName;
    private readonly int port = Ports.Free();
    private Process? process;

    private NatsServer(string program, NatsServerOptions options) => (this.program, Options) = (program, options);

    /// <summary>Counts from its next start.</summary>
    public NatsServerOptions Options { get; set; }

    /// <summary>As a client is told it.</summary>
    public string Url => string.Create(CultureInfo.InvariantCulture, $"{(Options.Tls is null ? "nats" : "tls")}://127.0.0.1:{port}");

    /// <summary>All it wrote, over every start.</summary>
    public ProcessLog Log { get; } = new();

    /// <summary>Starts a server, and waits until it answers.</summary>
    public static async Task<NatsServer> StartAsync(NatsServerOptions? options = null, CancellationToken cancellationToken = default)
    {
        var server = new NatsServer(await FindAsync(cancellationToken), options ?? new());
        try
        {
            await server.RestartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A place for one that is started later, by <see cref="RestartAsync"/>.</summary>
    public static async Task<NatsServer> PrepareAsync(NatsServerOptions? options = null, CancellationToken cancellationToken = default) =>
        new(await FindAsync(cancellationToken), options ?? new());

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        if (process is not { HasExited: false }) return;
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Starts it, after killing it where it runs, on the same port and files, and waits until it answers.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken = default)
    {
        await KillAsync();
        var file = Path.Combine(folder, "nats.conf");
        await File.WriteAllTextAsync(file, Configuration(), cancellationToken);
        process?.Dispose();
        process = new Process { StartInfo = new(program, ["-c", file]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder } };
        process.OutputDataReceived += (_, e) => Log.Add(e.Data);
        process.ErrorDataReceived += (_, e) => Log.Add(e.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await Eventually.UntilAsync($"the NATS server at {Url} answers, or has ended", async _ => process.HasExited || await AnswersAsync(), Options.ReadyTimeout, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\nIts log ends:\n{Log.Tail()}", e);
        }
        if (process.HasExited) throw new InvalidOperationException($"The NATS server ended with exit code {process.ExitCode}. Its log ends:\n{Log.Tail()}");
    }

    /// <summary>A client of it, with its login.</summary>
    public NatsConnection Connect() => new(new NatsOpts
    {
        Url = Url,
        AuthOpts = new() { Username = Options.Login?.User, Password = Options.Login?.Password },
        TlsOpts = new() { CaFile = Options.Tls?.Certificate },
        MaxReconnectRetry = 0,
        RequestTimeout = TimeSpan.FromSeconds(10),
    });

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        process?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<string> FindAsync(CancellationToken cancellationToken)
    {
        const string Name = "nats-server";
        return (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(path => Path.Combine(path, Name))
            .FirstOrDefault(File.Exists) ?? Path.Combine(await DebianPackage.FetchAsync(Name, cancellationToken: cancellationToken), "usr", "sbin", Name);
    }

    private async Task<bool> AnswersAsync()
    {
        await using var client = Connect();
        await client.ConnectAsync();
        // JetStream is there a little later than the rest.
        return !Options.JetStream || client.ServerInfo!.JetStreamAvailable;
    }

    private string Configuration()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"listen: \"127.0.0.1:{port}\"").AppendLine(CultureInfo.InvariantCulture, $"max_payload: {Options.MaxPayload}");
        if (Options.JetStream) text.AppendLine(CultureInfo.InvariantCulture, $"jetstream {{ store_dir: \"{folder}\", max_file_store: 8589934592 }}");
        if (Options.Login is var (user, password)) text.AppendLine(CultureInfo.InvariantCulture, $"authorization {{ user: \"{user}\", password: \"{password}\" }}");
        if (Options.Tls is var (certificate, key)) text.AppendLine(CultureInfo.InvariantCulture, $"tls {{ cert_file: \"{certificate}\", key_file: \"{key}\" }}");
        return text.ToString();
    }
}
