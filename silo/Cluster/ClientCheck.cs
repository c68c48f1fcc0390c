using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orleans.Messaging;
using Orleans.Runtime.Membership;

namespace Monitor.Silo.Cluster;

/// <summary>A gateway without a silo is ready while it is connected to one, and has not seen Consul lose the membership table.</summary>
internal sealed class ClientCheck(SiloConnections silos, IGatewayListProvider list) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        Fault() is { } fault ? new HealthCheckResult(context.Registration.FailureStatus, fault) : HealthCheckResult.Healthy());

    private string? Fault() => (list as ConsulGatewayListProvider)?.Fault ?? (silos.Count > 0 ? null : silos.Failure is { } failure ? $"It is connected to no silo: {failure}" : "It is connected to no silo.");
}

/// <summary>To how many silos the gateway is connected.</summary>
internal sealed class SiloConnections
{
    private volatile int count;

    private volatile string? failure;

    public int Count => count;

    /// <summary>What the last attempt to connect to the first came to; null once one is connected.</summary>
    public string? Failure => failure;

    public void Failed(string reason) => failure = reason;

    public void Changed(object? sender, GatewayCountChangedEventArgs change)
    {
        count = change.NumberOfConnectedGateways;
        if (count > 0) failure = null;
    }
}
