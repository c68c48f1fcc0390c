using Microsoft.Extensions.DependencyInjection;

namespace Monitor.Client;

/// <summary>Adds to the reporter of a host.</summary>
public interface IMonitorReporterBuilder
{
    /// <summary>The services it is added to.</summary>
    IServiceCollection Services { get; }

    /// <summary>Adds a healthcheck, as <see cref="IMonitorReporter.Register"/> does.</summary>
    /// <exception cref="ArgumentException">An argument is over its limits.</exception>
    /// <exception cref="InvalidOperationException">A healthcheck of this id already exists.</exception>
    IMonitorReporterBuilder AddHealthCheck(string id, string description, Func<CancellationToken, ValueTask<HealthCheckOutcome>> check);

    /// <summary>Adds a healthcheck that needs services; they come from the root provider.</summary>
    /// <inheritdoc cref="AddHealthCheck(string, string, Func{CancellationToken, ValueTask{HealthCheckOutcome}})"/>
    IMonitorReporterBuilder AddHealthCheck(string id, string description, Func<IServiceProvider, CancellationToken, ValueTask<HealthCheckOutcome>> check);

    /// <summary>
    /// Publishes the standard health checks (<c>AddHealthChecks()</c>) too: each under its name, whenever the health check publisher runs it, with the
    /// publisher's period as the interval and at least four times that as the ttl. Healthy and Degraded are OK, Degraded marked so;
    /// tags, data (as results), description and duration are carried over.
    /// </summary>
    IMonitorReporterBuilder AddStandardHealthChecks();
}
