using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Monitor.Testing.Processes;

/// <summary>
/// The server as a process of its own: started, killed, stopped and started again on the same data and ports.
/// </summary>
public sealed partial class SiloProcess : IAsyncDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    private readonly SiloProcessOptions options;
    private readonly bool ownsData;
    private Process? process;

    // Volatile: the end of a process is told on another thread.
    private volatile bool endsAtOurWord;

    private SiloProcess(SiloProcessOptions options)
    {
        this.options = options;
        ownsData = options.DataDirectory is null;
        DataDirectory = options.DataDirectory ?? Directory.CreateTempSubdirectory("monitor-").FullName;
        Http = Loopback(options.AnyPort ? 0 : Ports.Free());
        Grpc = Loopback(options.AnyPort ? 0 : Ports.Free());
        HttpClient = new HttpClient();
    }

    public string DataDirectory { get; }

    /// <summary>Base address of its HTTP JSON interface.</summary>
    public Uri Http { get; private set; }

    /// <summary>Address of its gRPC interface.</summary>
    public Uri Grpc { get; private set; }

    /// <summary>All it wrote, over every start.</summary>
    public ProcessLog Log { get; } = new();

    public int ProcessId => Running.Id;

    public bool HasExited => Running.HasExited;

    /// <summary>A client with <see cref="Http"/> as its base address.</summary>
    public HttpClient HttpClient { get; private set; }

    /// <summary>A channel to <see cref="Grpc"/>; another after each start, so that no back-off of the last one is waited for.</summary>
    public GrpcChannel Channel { get; private set; } = null!;

    public Protocol.Monitor.MonitorClient Queries => new(Bounded);

    public Protocol.Reporter.ReporterClient Reporter => new(Bounded);

    /// <summary>Unary calls on the channel, each ended after a time where it has no deadline of its own.</summary>
    private CallInvoker Bounded => Channel.Intercept(new DeadlineInterceptor(CallTimeout));

    private Process Running => process ?? throw new InvalidOperationException("It was not started.");

    /// <summary>Starts a server and waits until it is ready.</summary>
    public static async Task<SiloProcess> StartAsync(SiloProcessOptions? options = null, CancellationToken cancellationToken = default)
    {
        var silo = new SiloProcess(options ?? new());
        try
        {
            await silo.RestartAsync(cancellationToken);
            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it on the given data without waiting for anything but its end: for a start that is to fail. Answers exit code and log.</summary>
    public static async Task<(int ExitCode, ProcessLog Log)> RunToEndAsync(SiloProcessOptions options, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        await using var silo = new SiloProcess(options);
        silo.Launch();
        silo.endsAtOurWord = true;
        await silo.ExitAsync(timeout, "it ends by itself", cancellationToken);
        return (silo.Running.ExitCode, silo.Log);
    }

    /// <summary>Starts a server and waits for nothing: for one that is to wait for others.</summary>
    public static SiloProcess Launch(SiloProcessOptions options)
    {
        if (options.AnyPort) throw new ArgumentException("Its ports are known only once it has started.", nameof(options));
        var silo = new SiloProcess(options);
        silo.Launch();
        silo.Connect();
        return silo;
    }

    /// <summary>A channel of its own to a server near by: a proxy that is set for the web is not asked.</summary>
    public static GrpcChannel ChannelTo(Uri server) =>
        GrpcChannel.ForAddress(server, new() { HttpHandler = new SocketsHttpHandler { UseProxy = false }, DisposeHttpClient = true });

    /// <summary>Starts it, at first or again after it was killed or stopped, and waits until it is ready.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken = default)
    {
        if (process is { HasExited: false }) throw new InvalidOperationException("It is running.");
        var logged = Log.Count;
        Launch();
        var deadline = Stopwatch.GetTimestamp();
        if (Http.Port == 0) await FindAddressesAsync(logged, cancellationToken);
        Connect();
        await WhileAliveAsync("it is ready", IsReadyAsync, options.ReadyTimeout - Stopwatch.GetElapsedTime(deadline), cancellationToken);
    }

    /// <summary>Waits until it is ready; fails at once where it has ended.</summary>
    public Task UntilReadyAsync(CancellationToken cancellationToken = default) => WhileAliveAsync("it is ready", IsReadyAsync, options.ReadyTimeout, cancellationToken);

    /// <summary>Waits until it is alive and not ready for a reason that holds a text; fails at once where it has ended.</summary>
    public Task UntilUnreadyAsync(string reason, CancellationToken cancellationToken = default) => WhileAliveAsync(
        $"it is alive, and not ready for '{reason}'",
        async ct =>
        {
            using var live = await HttpClient.GetAsync(new Uri("/health/live", UriKind.Relative), ct);
            using var ready = await HttpClient.GetAsync(new Uri("/health/ready", UriKind.Relative), ct);
            var said = await ready.Content.ReadAsStringAsync(ct);
            return (live.StatusCode, ready.StatusCode) == (HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable) && said.Contains(reason, StringComparison.Ordinal)
                ? true
                : throw new InvalidOperationException($"Live {(int)live.StatusCode}, ready {(int)ready.StatusCode}: {said}");
        },
        options.ReadyTimeout,
        cancellationToken);

    /// <summary>Waits until it has logged a line that holds all of the texts; fails at once where it has ended.</summary>
    public Task UntilLoggedAsync(CancellationToken cancellationToken, params IReadOnlyList<string> texts) => WhileAliveAsync(
        $"it logs {string.Join(" … ", texts)}",
        _ => Task.FromResult(Log.Lines.Any(line => texts.All(text => line.Contains(text, StringComparison.Ordinal)))),
        options.ReadyTimeout,
        cancellationToken);

    /// <summary>Ends it by SIGKILL: nothing of it gets a chance to finish.</summary>
    public async Task KillAsync()
    {
        endsAtOurWord = true;
        Running.Kill(entireProcessTree: options.Launcher.Count > 0);
        await ExitAsync(TimeSpan.FromSeconds(10), "it ends after SIGKILL", CancellationToken.None);
    }

    /// <summary>Lets it stand still, by SIGSTOP.</summary>
    public void Suspend() => Signals.Suspend(Running.Id);

    /// <summary>Lets it go on.</summary>
    public void Resume() => Signals.Resume(Running.Id);

    /// <summary>Asks it to end by SIGTERM, waits for that, and answers its exit code.</summary>
    public async Task<int> StopAsync(TimeSpan? timeout = null)
    {
        endsAtOurWord = true;
        Signals.Terminate(Running.Id);
        await ExitAsync(timeout ?? TimeSpan.FromSeconds(30), "it ends after SIGTERM", CancellationToken.None);
        return Running.ExitCode;
    }

    public ProcessUsage Usage() => ProcessUsage.Of(Running.Id);

    /// <summary>Bytes of all files of its data.</summary>
    public long DataBytes() => new DirectoryInfo(DataDirectory).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    /// <summary>Fails where it logged an error, over every start, that holds none of the expected texts.</summary>
    public void ThrowOnErrors(params IReadOnlyList<string> expected)
    {
        var errors = Log.Errors(expected);
        if (errors.Count > 0) throw new InvalidOperationException($"The server logged {errors.Count} errors:\n{string.Join('\n', errors)}");
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false }) await KillAsync();
        KeepLog();
        process?.Dispose();
        Channel?.Dispose();
        HttpClient.Dispose();
        if (ownsData && Directory.Exists(DataDirectory)) Directory.Delete(DataDirectory, recursive: true);
    }

    // Where the environment names a folder for it, as .ci/run does.
    private void KeepLog()
    {
        if (Environment.GetEnvironmentVariable("MONITOR_TEST_LOGS") is not { Length: > 0 } folder) return;
        Directory.CreateDirectory(folder);
        File.WriteAllLines(Path.Combine(folder, $"silo-{Environment.ProcessId}-{Grpc.Port}.log"), Log.Lines);
    }

    private static Uri Loopback(int port) => new UriBuilder(Uri.UriSchemeHttp, IPAddress.Loopback.ToString(), port).Uri;

    private void Launch()
    {
        string[] command = [.. options.Launcher, BuiltAssembly.DotnetHost, BuiltAssembly.Silo];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = DataDirectory,
            Environment =
            {
                ["Monitor__Http"] = Http.GetLeftPart(UriPartial.Authority),
                ["Monitor__Grpc"] = Grpc.GetLeftPart(UriPartial.Authority),
                ["Monitor__DataDirectory"] = DataDirectory,
                ["DOTNET_ENVIRONMENT"] = "Production",
            },
        };
        foreach (var (name, value) in options.Environment) start.Environment[name] = value;

        process?.Dispose();
        endsAtOurWord = false;
        process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.Exited += OnExited;
        process.OutputDataReceived += (_, e) => Log.Add(e.Data);
        process.ErrorDataReceived += (_, e) => Log.Add(e.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    // In the form of a log entry, so that it is found by who looks for errors.
    private void OnExited(object? sender, EventArgs e)
    {
        if (!endsAtOurWord && sender is Process ended) Log.Add($"crit: process {ended.Id} ended by itself, or at the word of another, with exit code {ended.ExitCode}");
    }

    private void Connect()
    {
        Channel?.Dispose();
        Channel = ChannelTo(Grpc);
        HttpClient.Dispose();
        HttpClient = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Http, Timeout = CallTimeout };
    }

    private async Task FindAddressesAsync(int logged, CancellationToken cancellationToken)
    {
        Uri? http = null, grpc = null;
        await WhileAliveAsync(
            "it logs the addresses it serves",
            _ =>
            {
                foreach (var line in Log.Lines.Skip(logged))
                {
                    if (HttpAddress().Match(line) is { Success: true } h) http = new(h.Groups[1].Value);
                    if (GrpcAddress().Match(line) is { Success: true } g) grpc = new(g.Groups[1].Value);
                }

                return Task.FromResult(http is not null && grpc is not null);
            },
            options.ReadyTimeout,
            cancellationToken);
        (Http, Grpc) = (http!, grpc!);
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        using var response = await HttpClient.GetAsync(new Uri("/health/ready", UriKind.Relative), cancellationToken);
        return response.StatusCode == HttpStatusCode.OK;
    }

    private async Task WhileAliveAsync(string what, Func<CancellationToken, Task<bool>> holds, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            await Eventually.UntilAsync($"{what}, or has ended", async ct => Running.HasExited || await holds(ct), timeout, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"The server (process {Running.Id}): {e.Message}\nIts log ends:\n{Log.Tail()}", e);
        }

        if (Running.HasExited)
        {
            await Running.WaitForExitAsync(cancellationToken);
            throw new InvalidOperationException($"The server ended with exit code {Running.ExitCode} before {what}. Its log ends:\n{Log.Tail()}");
        }
    }

    private async Task ExitAsync(TimeSpan timeout, string what, CancellationToken cancellationToken)
    {
        try
        {
            // Also waits until all of its output is read.
            await Running.WaitForExitAsync(cancellationToken).WaitAsync(timeout, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Waited {timeout.TotalSeconds:0.#} s for the server (process {Running.Id}) until {what}. Its log ends:\n{Log.Tail()}");
        }
    }

    [GeneratedRegex(@"HTTP (http://[^\s,;]+:[1-9]\d*)")]
    private static partial Regex HttpAddress();

    [GeneratedRegex(@"gRPC (http://[^\s,;]+:[1-9]\d*)")]
    private static partial Regex GrpcAddress();
}
