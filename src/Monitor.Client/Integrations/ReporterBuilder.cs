using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Monitor.Client.HealthChecks;

namespace Monitor.Client.Integrations;

internal sealed class ReporterBuilder(IServiceCollection services) : IMonitorReporterBuilder
{
    public IServiceCollection Services => services;

    public IMonitorReporterBuilder AddHealthCheck(string id, string description, Func<CancellationToken, ValueTask<HealthCheckOutcome>> check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return AddHealthCheck(id, description, (_, cancellationToken) => check(cancellationToken));
    }

    public IMonitorReporterBuilder AddHealthCheck(string id, string description, Func<IServiceProvider, CancellationToken, ValueTask<HealthCheckOutcome>> check)
    {
        ArgumentNullException.ThrowIfNull(check);
        var configured = new ConfiguredCheck(id, description, check);
        CheckRunner.Create(id, description, _ => default);
        if (services.Any(service => service.ImplementationInstance is ConfiguredCheck other && other.Id == id))
            throw new InvalidOperationException($"A healthcheck '{id}' already exists.");
        services.AddSingleton(configured);
        return this;
    }

    public IMonitorReporterBuilder AddStandardHealthChecks()
    {
        services.AddHealthChecks();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHealthCheckPublisher, StandardHealthCheckPublisher>());
        return this;
    }
}

internal sealed record ConfiguredCheck(string Id, string Description, Func<IServiceProvider, CancellationToken, ValueTask<HealthCheckOutcome>> Check);
