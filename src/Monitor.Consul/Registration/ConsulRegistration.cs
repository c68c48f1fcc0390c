using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Monitor.Consul.Http;

namespace Monitor.Consul.Registration;

/// <summary>
/// Keeps this server registered in Consul, once all of the host has started and until it begins to stop; healthy there only while it can serve. A Consul that
/// is away, refuses, or has forgotten the registration is asked again and again: it never stops the server.
/// </summary>
/// <remarks>With ACLs the token needs <c>service "go.micro.srv.monitor" { policy = "write" }</c>.</remarks>
public sealed class ConsulRegistration : IHostedLifecycleService, IDisposable
{
    private readonly ConsulClient consul;
    private readonly ConsulRegistrationOptions options;
    private readonly Func<CancellationToken, ValueTask<bool>> canServe;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;
    private bool failing;

    /// <param name="canServe">Whether this server can serve now: asked often, must be cheap. One that throws cannot.</param>
    public ConsulRegistration(
        ConsulClient consul, IOptions<ConsulRegistrationOptions> options, Func<CancellationToken, ValueTask<bool>> canServe, TimeProvider time,
        ILogger<ConsulRegistration> logger)
    {
        this.consul = consul;
        this.options = options.Value;
        this.canServe = canServe;
        this.time = time;
        this.logger = logger;
    }

    /// <summary>Begins to register, when everything else serves.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        running = RunAsync(stopping.Token);
        return Task.CompletedTask;
    }

    /// <summary>Deregisters, before anything stops to serve; tries as long as one request may take.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        if (running == Task.CompletedTask) return;
        try
        {
            await running.WaitAsync(cancellationToken);
            await consul.DeregisterAsync(options.Id, cancellationToken);
            logger.Deregistered(options.Id);
        }
        catch (Exception e) when (e is ConsulException or OperationCanceledException)
        {
            logger.NotDeregistered(e, options.Id, options.TimeToLive, options.DeregisterCriticalServiceAfter);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => stopping.Dispose();

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var registered = false;
        bool? told = null;
        var toldAt = 0L;
        while (true)
        {
            try
            {
                var serves = await CanServeAsync(cancellationToken);
                if (!registered || told != serves || time.GetElapsedTime(toldAt) >= options.TimeToLive / 3)
                {
                    if (!registered) await RegisterAsync(serves, cancellationToken);
                    else await TellAsync(serves, cancellationToken);
                    (registered, told, toldAt) = (true, serves, time.GetTimestamp());
                    failing = false;
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (ConsulException e)
            {
                // An agent that answered may have forgotten the registration, or be another than before.
                if (e.StatusCode is not null) registered = false;
                if (!failing && e.IsDenied) logger.Denied(options.Id, options.ServiceName, e.Message);
                else if (!failing) logger.NotTold(e, options.Id);
                failing = true;
            }

            await Task.Delay(options.CheckPeriod, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested) return;
        }
    }

    private async Task<bool> CanServeAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await canServe(cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            logger.CannotTell(e);
            return false;
        }
    }

    private async Task RegisterAsync(bool serves, CancellationToken cancellationToken)
    {
        var meta = new Dictionary<string, string> { [MonitorService.ProtocolKey] = options.Tls ? MonitorService.Grpcs : MonitorService.Grpc };
        if (options.HttpPort is { } port) meta[MonitorService.HttpPortKey] = port.ToString(CultureInfo.InvariantCulture);
        if (options.Version.Length > 0) meta[MonitorService.VersionKey] = options.Version;
        await consul.RegisterAsync(
            new()
            {
                Id = options.Id,
                Name = options.ServiceName,
                Address = options.Address,
                Port = options.GrpcPort,
                Tags = [MonitorService.Grpc, .. options.Tags],
                Meta = meta,
                Check = new(Seconds(options.TimeToLive), serves ? "passing" : "critical", Seconds(options.DeregisterCriticalServiceAfter)),
            },
            cancellationToken);
        logger.Registered(options.Id, options.ServiceName, options.Address, options.GrpcPort, consul.Address);
    }

    private async Task TellAsync(bool serves, CancellationToken cancellationToken)
    {
        try
        {
            await consul.UpdateCheckAsync(options.Id, serves ? CheckStatus.Passing : CheckStatus.Critical, serves ? "It serves." : "It cannot serve now.", cancellationToken);
        }
        catch (ConsulException e) when (e.StatusCode is not null && !e.IsDenied)
        {
            logger.Forgotten(options.Id, e.Message);
            await RegisterAsync(serves, cancellationToken);
        }
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###}s");
}
