using Grpc.Core;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.Logging;
using Monitor.Consul.Http;

namespace Monitor.Consul.Resolver;

/// <summary>
/// Tells a gRPC channel where the servers are, now and at each change. A good list is kept while Consul is away, and while it answers that there is no healthy
/// server at all: an agent that has just begun anew says so until they have registered again, and calls to those that are really gone fail as well either way.
/// </summary>
internal sealed class ConsulResolver : Grpc.Net.Client.Balancer.Resolver
{
    private readonly ConsulAddresses addresses;
    private readonly ConsulClient? owned;
    private readonly ServiceConfig? serviceConfig;
    private readonly ILogger logger;
    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;

    public ConsulResolver(ConsulAddresses addresses, ConsulClient? owned, bool balance, ILogger logger)
    {
        this.addresses = addresses;
        this.owned = owned;
        this.logger = logger;
        serviceConfig = balance ? new ServiceConfig { LoadBalancingConfigs = { new RoundRobinConfig() } } : null;
    }

    public override void Start(Action<ResolverResult> listener) => running = RunAsync(listener, stopping.Token);

    /// <summary>Asked for after a connection failed: ends the back-off. The query itself needs no hurry, as it waits for changes.</summary>
    public override void Refresh()
    {
        try
        {
            wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Woken already.
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing || stopping.IsCancellationRequested) return;
        stopping.Cancel();
        // What the running query uses must outlive it.
        _ = running.ContinueWith(_ => owned?.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private async Task RunAsync(Action<ResolverResult> listener, CancellationToken cancellationToken)
    {
        // The channel holds a lock while it starts this.
        await Task.Yield();
        var known = false;
        try
        {
            await foreach (var change in addresses.ChangesAsync(wake, cancellationToken))
            {
                if (change.Addresses is { Count: > 0 } list)
                {
                    known = true;
                    logger.Resolved(addresses.Service, list.Count);
                    listener(ResolverResult.ForResult([.. list.Select(uri => new BalancerAddress(uri.IdnHost, uri.Port))], serviceConfig, null));
                }
                else if (!known)
                {
                    var detail = change.Failure is { } failure ? $"Consul cannot say where {addresses.Service} is: {failure.Message}" : $"Consul knows no healthy {addresses.Service}.";
                    listener(ResolverResult.ForFailure(new Status(StatusCode.Unavailable, detail, change.Failure)));
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Disposed.
        }
    }
}
