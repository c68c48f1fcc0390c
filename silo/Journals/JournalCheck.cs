using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Monitor.Silo.Journals;

/// <summary>Nothing is ready before the journal is open. One that goes away later is no fault: callers wait, and reporters keep what they have.</summary>
internal sealed class JournalCheck(JournalOpening journal) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        journal.IsOpen ? HealthCheckResult.Healthy() : new HealthCheckResult(context.Registration.FailureStatus, "The journal is not open yet; the log says what it waits for."));
}
