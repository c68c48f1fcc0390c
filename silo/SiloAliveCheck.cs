using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Monitor.Silo;

/// <summary>A silo is alive while the parts of Orleans are that can tell: their timers run. None of them asks another server, whose absence no restart would mend.</summary>
internal sealed class SiloAliveCheck(IEnumerable<IHealthCheckParticipant> participants, TimeProvider time) : IHealthCheck
{
    private DateTime last = time.GetUtcNow().UtcDateTime;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var since = last;
        last = time.GetUtcNow().UtcDateTime;
        var reasons = participants.Select(one => one.CheckHealth(since, out var reason) ? null : reason).OfType<string>().ToList();
        return Task.FromResult(reasons.Count == 0 ? HealthCheckResult.Healthy() : new HealthCheckResult(context.Registration.FailureStatus, string.Join(' ', reasons)));
    }
}
