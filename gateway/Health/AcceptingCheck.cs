using Microsoft.Extensions.Diagnostics.HealthChecks;
using Monitor.Gateway.Ingest;

namespace Monitor.Gateway.Health;

/// <summary>Reports are taken: from the start, while queries still wait, and as long as the journal can be written.</summary>
internal sealed class AcceptingCheck(IHostApplicationLifetime lifetime, IReportLog log) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!lifetime.HasStarted()) return Failing("It is starting.");
        if (lifetime.ApplicationStopping.IsCancellationRequested) return Failing("It is stopping.");
        return await log.ProbeAsync(cancellationToken) is { } failure ? Failing($"The journal cannot be written: {failure}") : HealthCheckResult.Healthy();

        HealthCheckResult Failing(string why) => new(context.Registration.FailureStatus, why);
    }
}
