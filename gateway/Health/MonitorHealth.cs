using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Monitor.Gateway;

/// <summary>Liveness and readiness, the same for every role of a process.</summary>
public static class MonitorHealth
{
    /// <summary>Tag of the checks that must all pass for a process to be ready.</summary>
    public const string ReadyTag = "ready";

    /// <summary>Tag of the checks by which a process is alive: never of what other servers do, as a restart would not mend that.</summary>
    public const string LiveTag = "live";

    /// <summary>Tag of the checks by which a gateway takes reports. Not of readiness: while the journal is away queries are answered, and reporters keep what they have.</summary>
    public const string AcceptTag = "accept";

    /// <summary>Selects the checks of readiness.</summary>
    public static bool IsOfReadiness(HealthCheckRegistration check) => check.Tags.Contains(ReadyTag);

    /// <summary>Selects the checks of taking reports.</summary>
    public static bool IsOfAcceptance(HealthCheckRegistration check) => check.Tags.Contains(AcceptTag);

    /// <summary>Adds what every role has: alive while it answers, and not ready before all of it has started, nor from when it begins to stop.</summary>
    public static IServiceCollection AddMonitorHealth(this IServiceCollection services)
    {
        services.AddHealthChecks()
            .AddCheck("serving", static () => HealthCheckResult.Healthy(), tags: [LiveTag])
            .AddCheck<RunningCheck>("running", tags: [ReadyTag]);
        return services;
    }

    /// <summary>Maps <c>/health/live</c> and <c>/health/ready</c>: 200, or 503 with a line for each thing that is missing.</summary>
    public static WebApplication MapMonitorHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = static check => check.Tags.Contains(LiveTag) });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions
        {
            Predicate = IsOfReadiness,
            ResponseWriter = static (context, report) => context.Response.WriteAsync(
                string.Join('\n', report.Entries.Values.Select(entry => entry.Description).Where(text => text is not null).Prepend(report.Status.ToString()))),
        });
        return app;
    }

    private sealed class RunningCheck(IHostApplicationLifetime lifetime) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
            lifetime.ApplicationStopping.IsCancellationRequested ? new HealthCheckResult(context.Registration.FailureStatus, "It is stopping.")
            : lifetime.HasStarted() ? HealthCheckResult.Healthy()
            : new HealthCheckResult(context.Registration.FailureStatus, "It is starting."));
    }
}
