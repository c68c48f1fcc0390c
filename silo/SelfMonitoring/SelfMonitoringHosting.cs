using System.Globalization;
using Grpc.AspNetCore.Server;
using Microsoft.Extensions.Options;
using Monitor.Client;
using Monitor.Client.Consul;
using Monitor.Gateway;
using Monitor.Gateway.GoMicro.Nats;
using Monitor.Silo.Journals;

namespace Monitor.Silo.SelfMonitoring;

/// <summary>
/// Who monitors the monitoring service? Each of its processes reports itself, as an instance of service <c>go.micro.srv.monitor</c>, through the same door and
/// pipeline as everything else.
/// </summary>
internal static class SelfMonitoringHosting
{
    public const string Service = "go.micro.srv.monitor";

    private const string NatsUrl = "Monitor:GoMicro:Nats:Url";

    public static WebApplicationBuilder AddSelfMonitoring(this WebApplicationBuilder builder, SiloOptions options)
    {
        var services = builder.Services;
        services.AddSingleton<SelfChecks>();
        services.AddHostedService<LastReport>();
        if (options.IsGateway)
        {
            services.AddSingleton<AddressResolver, OwnAddress>();
            services.AddOptions<GrpcServiceOptions>().Configure(grpc => grpc.Interceptors.Add<MonitorServerInterceptor>());
        }

        var self = builder.AddMonitorReporter(reporter =>
            {
                reporter.Service = Service;
                reporter.Version = MonitorHost.Version;
                if (builder.Configuration[$"{MonitorReporterOptions.Section}:{nameof(reporter.Interval)}"] is null) reporter.Interval = TimeSpan.FromSeconds(10);
            })
            .AddHealthCheck("monitor.journal.write", "The journal takes writes", (s, ct) => s.GetRequiredService<SelfChecks>().JournalWriteAsync(ct))
            .AddHealthCheck("monitor.stream.lag", "Each partition of the streams keeps up with the journal", (s, ct) => s.GetRequiredService<SelfChecks>().StreamLagAsync(ct))
            .AddHealthCheck("monitor.stream.oldest", "No report waits long to be applied", (s, ct) => s.GetRequiredService<SelfChecks>().OldestUnappliedAsync(ct))
            .AddHealthCheck("monitor.memory", "Memory is within its limit", (_, _) => SelfChecks.Memory())
            .AddHealthCheck("monitor.eventloop.delay", "Work that is ready runs at once", (s, ct) => s.GetRequiredService<SelfChecks>().EventLoopDelayAsync(ct));
        if (!options.IsGateway) self.FindByConsul();
        else if (builder.Configuration[NatsUrl] is { Length: > 0 })
            self.AddHealthCheck("monitor.nats", "Messages are taken from NATS", (s, _) => SelfChecks.Nats(s.GetRequiredService<GoMicroNatsStatus>()));
        services.AddOptions<MonitorReporterOptions>().Configure<IOptions<GatewayOptions>>((reporter, gateway) =>
        {
            if (string.IsNullOrEmpty(reporter.Instance)) reporter.Instance = InstanceOf(options, gateway.Value, builder.Configuration.IsClustered());
        });
        return builder;
    }

    public static WebApplication UseSelfMonitoring(this WebApplication app)
    {
        app.UseMonitorReporting();
        return app;
    }

    /// <summary>The same after a restart, and another for each process of a machine.</summary>
    private static string InstanceOf(SiloOptions options, GatewayOptions gateway, bool clustered)
    {
        var name = $"{Service}-{Environment.MachineName}";
        if (!clustered) return name;
        var port = options.Role == Role.Silo ? options.SiloPort : gateway.GrpcEndPoint?.Port ?? 0;
        return string.Create(CultureInfo.InvariantCulture, $"{name}-{options.Role.ToString().ToLowerInvariant()}-{(port == 0 ? Environment.ProcessId : port)}");
    }

    /// <summary>This process's own gRPC address, known once it listens.</summary>
    private sealed class OwnAddress(GatewayAddresses addresses, IHostApplicationLifetime lifetime) : AddressResolver
    {
        public override async ValueTask<IReadOnlyList<Uri>> ResolveAsync(CancellationToken cancellationToken)
        {
            await lifetime.WaitForStartAsync(cancellationToken);
            return [LocalAddress.Of(addresses.Grpc)];
        }

        public override string ToString() => "itself";
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
