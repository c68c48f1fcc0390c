using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orleans.Runtime.Membership;

namespace Monitor.Silo.Cluster;

/// <summary>
/// A silo is ready while it is active in its cluster, and has not seen Consul lose the membership table. A Consul that is away for a time is no fault: those who
/// know each other go on.
/// </summary>
internal sealed class MembershipCheck(ISiloStatusOracle oracle, IMembershipTable table, JournalClaim claim) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        Fault() is { } fault ? new HealthCheckResult(context.Registration.FailureStatus, fault) : HealthCheckResult.Healthy());

    private string? Fault() => (table as ConsulBasedMembershipTable)?.Fault ?? claim.Waiting ?? (table as ConsulBasedMembershipTable)?.Waiting
        ?? (oracle.CurrentStatus == SiloStatus.Active ? null : $"The silo is {oracle.CurrentStatus}, not Active in its cluster.");
}
