using System.Globalization;
using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Monitor.Consul.Http;

namespace Monitor.Consul.GoMicro;

/// <summary>
/// Keeps this server registered in Consul in go-micro's form, once all of the host has started and until it begins to stop: an entry of the server and one of each subscription. The server's is
/// healthy while it can answer, the subscriptions' while reports can be accepted. A Consul that is away, refuses, or has forgotten an entry is asked again and again.
/// </summary>
/// <remarks>
/// The entries have the same service name as those of gRPC, and never the metadata by which our resolver knows these; and only these here have the version tag without which go-micro's clients pass
/// an entry over. With ACLs the token needs <c>service "go.micro.srv.monitor" { policy = "write" }</c> and <c>service_prefix "topic:" { policy = "write" }</c>.
/// </remarks>
public sealed class GoMicroRegistration : IHostedLifecycleService, IDisposable
{
    private readonly ConsulClient consul;
    private readonly Func<GoMicroServer?> describe;
    private readonly GoMicroRegistrationOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Func<CancellationToken, ValueTask<bool>> canServe;
    private readonly Func<CancellationToken, ValueTask<bool>> canAccept;
    private readonly CancellationTokenSource stopping = new();
    private IReadOnlyList<Entry> entries = [];
    private Task running = Task.CompletedTask;

    /// <param name="describe">The server: asked once, when all of the host has started and its ports are known. Null: it is not to be registered.</param>
    /// <param name="canServe">Whether queries are answered now: asked often, must be cheap. One that throws cannot.</param>
    /// <param name="canAccept">Whether reports can be accepted now, likewise.</param>
    public GoMicroRegistration(
        ConsulClient consul, Func<GoMicroServer?> describe, Func<CancellationToken, ValueTask<bool>> canServe, Func<CancellationToken, ValueTask<bool>> canAccept,
        IOptions<GoMicroRegistrationOptions> options, TimeProvider time, ILogger<GoMicroRegistration> logger)
    {
        (this.consul, this.describe, this.canServe, this.canAccept) = (consul, describe, canServe, canAccept);
        (this.options, this.time, this.logger) = (options.Value, time, logger);
    }

    /// <summary>Begins to register, when everything else serves.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (describe() is not { } server) return Task.CompletedTask;
        entries = Entries(server);
        running = RunAsync(stopping.Token);
        return Task.CompletedTask;
    }

    /// <summary>Deregisters, before anything stops to serve; tries as long as a request for each entry may take.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        if (running == Task.CompletedTask) return;
        await running.WaitAsync(cancellationToken);
        await Task.WhenAll(entries.Select(entry => DeregisterAsync(entry, cancellationToken)));
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => stopping.Dispose();

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var (serves, accepts) = (await AskAsync(canServe, cancellationToken), await AskAsync(canAccept, cancellationToken));
                foreach (var entry in entries) await TellAsync(entry, entry.IsServer ? serves : accepts, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(options.CheckPeriod, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> AskAsync(Func<CancellationToken, ValueTask<bool>> can, CancellationToken cancellationToken)
    {
        try
        {
            return await can(cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            logger.CannotTell(e);
            return false;
        }
    }

    private async Task TellAsync(Entry entry, bool healthy, CancellationToken cancellationToken)
    {
        if (entry.Told == healthy && time.GetElapsedTime(entry.ToldAt) < options.TimeToLive / 3) return;
        try
        {
            if (entry.Told is null) await RegisterAsync(entry, healthy, cancellationToken);
            else await consul.UpdateCheckAsync(entry.Service.Id, healthy ? CheckStatus.Passing : CheckStatus.Critical, healthy ? "It serves." : "It cannot serve now.", cancellationToken);
            (entry.Told, entry.ToldAt, entry.Failing) = (healthy, time.GetTimestamp(), false);
        }
        catch (ConsulException e)
        {
            // An agent that answered may have forgotten the entry, or be another than before: it is registered anew.
            if (e.StatusCode is not null) entry.Told = null;
            if (!entry.Failing) logger.NotTold(e, entry.Service.Id);
            entry.Failing = true;
        }
    }

    private async Task RegisterAsync(Entry entry, bool healthy, CancellationToken cancellationToken)
    {
        var check = new TtlCheck(Seconds(options.TimeToLive), healthy ? "passing" : "critical", Seconds(options.DeregisterCriticalServiceAfter));
        await consul.RegisterAsync(entry.Service with { Check = check }, cancellationToken);
        logger.Registered(entry.Service.Id, entry.Service.Name, entry.Service.Address, entry.Service.Port);
    }

    private async Task DeregisterAsync(Entry entry, CancellationToken cancellationToken)
    {
        try
        {
            await consul.DeregisterAsync(entry.Service.Id, cancellationToken);
        }
        catch (Exception e) when (e is ConsulException or OperationCanceledException)
        {
            logger.NotDeregistered(e, entry.Service.Id, options.TimeToLive, options.DeregisterCriticalServiceAfter);
        }
    }

    private static List<Entry> Entries(GoMicroServer server)
    {
        var metadata = new Dictionary<string, string> { ["transport"] = "http", ["broker"] = "http", ["server"] = "rpc", ["registry"] = "consul" };
        var notSecure = new Dictionary<string, string> { ["secure"] = "false" };
        List<Entry> entries =
        [
            new(Service(server.Id, server.Name, server.Rpc, [.. RegistryTags.Metadata(metadata), .. server.Endpoints.Select(RegistryTags.Endpoint), RegistryTags.Version(server.Version)]), true),
        ];
        entries.AddRange(server.Subscriptions.Select(subscription => new Entry(
            Service(subscription.Id, $"topic:{subscription.Topic}", server.Broker, [.. RegistryTags.Metadata(notSecure), RegistryTags.Version(server.Queue)]), false)));
        return entries;
    }

    private static ServiceRegistration Service(string id, string name, DnsEndPoint at, IReadOnlyList<string> tags) => new()
    {
        Id = id,
        Name = name,
        Address = at.Host,
        Port = at.Port,
        Tags = tags,
    };

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###}s");

    private sealed class Entry(ServiceRegistration service, bool isServer)
    {
        public ServiceRegistration Service { get; } = service;

        public bool IsServer { get; } = isServer;

        /// <summary>Null: it must be registered.</summary>
        public bool? Told { get; set; }

        public long ToldAt { get; set; }

        public bool Failing { get; set; }
    }
}
