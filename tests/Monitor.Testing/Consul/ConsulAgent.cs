using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Monitor.LocalCluster.Programs;
using Monitor.Testing.Processes;

namespace Monitor.Testing.Consul;

/// <summary>
/// A real Consul agent on loopback with free ports, stopped with the fixture: a server of its own that keeps all in memory, so that a restart forgets it, or
/// one of a <see cref="ConsulCluster"/>, which keeps it in files.
/// </summary>
public sealed class ConsulAgent : IAsyncDisposable
{
    private readonly string program;
    private readonly ConsulAgentOptions options;
    private readonly Func<ConsulAgent, JsonDictionary> configure;
    private Process? process;

    internal ConsulAgent(string program, ConsulAgentOptions options, Func<ConsulAgent, JsonDictionary> configure)
    {
        this.program = program;
        this.options = options;
        this.configure = configure;
        Folder = Directory.CreateTempSubdirectory("monitor-consul-").FullName;
        HttpPort = options.HttpPort ?? Ports.Free();
        (ServerPort, SerfPort) = (Ports.Free(), Ports.Free());
        Address = new(string.Create(CultureInfo.InvariantCulture, $"{(options.Tls is null ? "http" : "https")}://127.0.0.1:{HttpPort}"));
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            // No authority vouches for it: it must be this one.
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null && certificate.GetCertHashString() == Thumbprint(options) },
        };
        if (options.ClientAuthority?.Issue() is { } own)
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(own.Certificate, own.Key), null, offline: true);
        Http = new HttpClient(handler) { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(10) };
    }

    /// <summary>Of its HTTP API.</summary>
    public Uri Address { get; }

    /// <summary>With ACLs: the secret that allows everything.</summary>
    public string? Token { get; private set; }

    /// <summary>A client of its HTTP API, with <see cref="Token"/>.</summary>
    public HttpClient Http { get; }

    /// <summary>All it wrote, over every start.</summary>
    public ProcessLog Log { get; } = new();

    public int ProcessId => Running.Id;

    internal string Folder { get; }

    internal int HttpPort { get; }

    internal int ServerPort { get; }

    internal int SerfPort { get; }

    private Process Running => process ?? throw new InvalidOperationException("It was not started.");

    /// <summary>Starts an agent that is a whole Consul by itself, and waits until it answers.</summary>
    public static async Task<ConsulAgent> StartAsync(ConsulAgentOptions? options = null, CancellationToken cancellationToken = default)
    {
        var agent = new ConsulAgent(await ConsulProgram.FindAsync(cancellationToken), options ?? new(), static _ => []);
        try
        {
            await agent.RestartAsync(cancellationToken);
            return agent;
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        if (process is not { HasExited: false }) return;
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Starts it, after killing it where it runs, on the same ports, and waits until it answers. One by itself has then forgotten everything.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken = default)
    {
        await KillAsync();
        await LaunchAsync(cancellationToken);
        await ReadyAsync(cancellationToken);
        if (options.Acl) await BootstrapAsync(cancellationToken);
    }

    /// <summary>Makes a token that allows what the rules say: <c>key_prefix "a/" { policy = "write" }</c>. Answers its secret.</summary>
    public async Task<string> CreateTokenAsync(string rules, CancellationToken cancellationToken = default)
    {
        var policy = await PutAsync("v1/acl/policy", new() { ["Name"] = $"p-{Guid.NewGuid():N}", ["Rules"] = rules }, cancellationToken);
        var token = await PutAsync(
            "v1/acl/token", new() { ["Policies"] = new[] { new Dictionary<string, string> { ["ID"] = policy.GetProperty("ID").GetString()! } } }, cancellationToken);
        return token.GetProperty("SecretID").GetString()!;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        process?.Dispose();
        Http.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    internal async Task LaunchAsync(CancellationToken cancellationToken)
    {
        // Each part says "off" with a port of -1.
        var settings = new JsonDictionary
        {
            ["bind_addr"] = "127.0.0.1",
            ["client_addr"] = "127.0.0.1",
            ["log_level"] = "warn",
            ["disable_update_check"] = true,
            ["node_name"] = $"node-{HttpPort}",
            ["node_id"] = new Guid(HttpPort, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]).ToString(),
            ["performance"] = new JsonDictionary { ["raft_multiplier"] = 1 },
            ["ports"] = new JsonDictionary
            {
                ["http"] = options.Tls is null ? HttpPort : -1, ["https"] = options.Tls is null ? -1 : HttpPort, ["server"] = ServerPort, ["serf_lan"] = SerfPort,
                ["serf_wan"] = -1, ["dns"] = -1, ["grpc"] = -1,
            },
        };
        if (options.Acl) settings["acl"] = new JsonDictionary { ["enabled"] = true, ["default_policy"] = "deny" };
        if (options.Tls is { } tls) (settings["cert_file"], settings["key_file"]) = (tls.Certificate, tls.Key);
        if (options.ClientAuthority is { } authority) (settings["ca_file"], settings["verify_incoming_https"]) = (authority.File, true);
        var own = configure(this);
        foreach (var (name, value) in own) settings[name] = value;

        var file = Path.Combine(Folder, "agent.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(settings), cancellationToken);
        string[] arguments = own.Count == 0 ? ["agent", "-dev", "-config-file", file] : ["agent", "-config-file", file];
        process?.Dispose();
        process = new Process
        {
            StartInfo = new(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder },
        };
        process.OutputDataReceived += (_, e) => Log.Add(e.Data);
        process.ErrorDataReceived += (_, e) => Log.Add(e.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Waits until there is a leader that this agent knows, and its own node is in the catalog.</summary>
    internal async Task ReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Eventually.UntilAsync(
                $"the Consul agent at {Address} has a leader, or has ended",
                async ct => Running.HasExited || (await Http.GetStringAsync(new Uri("v1/status/leader", UriKind.Relative), ct)).Length > 2,
                options.ReadyTimeout,
                cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\nIts log ends:\n{Log.Tail()}", e);
        }

        if (Running.HasExited) throw new InvalidOperationException($"The Consul agent ended with exit code {Running.ExitCode}. Its log ends:\n{Log.Tail()}");
    }

    private static string? Thumbprint(ConsulAgentOptions options)
    {
        if (options.Tls is not { } tls) return null;
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(tls.Certificate);
        return certificate.Thumbprint;
    }

    private async Task BootstrapAsync(CancellationToken cancellationToken)
    {
        Http.DefaultRequestHeaders.Remove("X-Consul-Token");
        // It refuses until the leader has set up its ACLs.
        var token = await Eventually.GetAsync(
            "the Consul agent gives out its first token", ct => PutAsync("v1/acl/bootstrap", null, ct), static _ => true, options.ReadyTimeout, cancellationToken);
        Token = token.GetProperty("SecretID").GetString()!;
        Http.DefaultRequestHeaders.Add("X-Consul-Token", Token);
    }

    private async Task<JsonElement> PutAsync(string path, JsonDictionary? body, CancellationToken cancellationToken)
    {
        using var content = body is null ? null : new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        using var response = await Http.PutAsync(new Uri(path, UriKind.Relative), content, cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw new HttpRequestException($"PUT {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
        return await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
    }
}

/// <summary>An object of Consul's configuration.</summary>
internal sealed class JsonDictionary : Dictionary<string, object>;
