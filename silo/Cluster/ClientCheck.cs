using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orleans.Messaging;
using Orleans.Runtime.Membership;

namespace Monitor.Silo.Cluster;

/// <summary>A gateway without a silo is ready while it is connected to one, and has not seen Consul lose the membership table.</summary>
internal sealed class ClientCheck(SiloConnections silos, IGatewayListProvider list) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        Fault() is { } fault ? new HealthCheckResult(context.Registration.FailureStatus, fault) : HealthCheckResult.Healthy());

    private string? Fault() => (list as ConsulGatewayListProvider)?.Fault ?? (silos.Count > 0 ? null : "It is connected to no silo.");
}

/// <summary>To how many silos the gateway is connected.</summary>
internal sealed class SiloConnections
{
    private volatile int count;

    public int Count => count;

    public void Changed(object? sender, GatewayCountChangedEventArgs change) => count = change.NumberOfConnectedGateways;
}
