using System.Reflection;
using Grpc.AspNetCore.Server;
using Monitor.Client;
using Monitor.Gateway;

namespace Monitor.Silo.SelfMonitoring;

/// <summary>
/// Who monitors the monitoring service? It reports itself, as service <c>go.micro.srv.monitor</c>, through the same door and pipeline as everything else.
/// </summary>
internal static class SelfMonitoringHosting
{
    public const string Service = "go.micro.srv.monitor";

    public static WebApplicationBuilder AddSelfMonitoring(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<SelfChecks>();
        services.AddSingleton<AddressResolver, OwnAddress>();
        services.AddHostedService<LastReport>();
        services.AddOptions<GrpcServiceOptions>().Configure(grpc => grpc.Interceptors.Add<MonitorServerInterceptor>());
        builder.AddMonitorReporter(reporter =>
            {
                reporter.Service = Service;
                reporter.Version = typeof(SelfMonitoringHosting).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
                reporter.Instance = string.IsNullOrEmpty(reporter.Instance) ? $"{Service}-{Environment.MachineName}" : reporter.Instance;
                if (builder.Configuration[$"{MonitorReporterOptions.Section}:{nameof(reporter.Interval)}"] is null) reporter.Interval = TimeSpan.FromSeconds(10);
            })
            .AddHealthCheck("monitor.journal.write", "The journal takes writes", (s, ct) => s.GetRequiredService<SelfChecks>().JournalWriteAsync(ct))
            .AddHealthCheck("monitor.stream.lag", "Each partition of the streams keeps up with the journal", (s, ct) => s.GetRequiredService<SelfChecks>().StreamLagAsync(ct))
            .AddHealthCheck("monitor.stream.oldest", "No report waits long to be applied", (s, ct) => s.GetRequiredService<SelfChecks>().OldestUnappliedAsync(ct))
            .AddHealthCheck("monitor.memory", "Memory is within its limit", (_, _) => SelfChecks.Memory())
            .AddHealthCheck("monitor.eventloop.delay", "Work that is ready runs at once", (s, ct) => s.GetRequiredService<SelfChecks>().EventLoopDelayAsync(ct));
        return builder;
    }

    public static WebApplication UseSelfMonitoring(this WebApplication app)
    {
        app.UseMonitorReporting();
        return app;
    }

    /// <summary>This process's own gRPC address, known once it listens.</summary>
    private sealed class OwnAddress(GatewayAddresses addresses) : AddressResolver
    {
        public override ValueTask<IReadOnlyList<Uri>> ResolveAsync(CancellationToken cancellationToken) => new([addresses.Grpc]);
    }

    /// <summary>Has the reporter say STOPPED while the server still listens: the host stops that before the reporter.</summary>
    private sealed class LastReport(MonitorReporter reporter) : IHostedLifecycleService
    {
        public Task StoppingAsync(CancellationToken cancellationToken) => reporter.StopAsync(cancellationToken);

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
