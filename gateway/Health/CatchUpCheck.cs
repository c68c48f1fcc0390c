using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Monitor.Gateway.Health;

/// <summary>Ready once queries are answered.</summary>
internal sealed class CatchUpCheck(CatchUp catchUp) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        catchUp.Lagging is { } lagging ? new HealthCheckResult(context.Registration.FailureStatus, lagging) : HealthCheckResult.Healthy());
}
