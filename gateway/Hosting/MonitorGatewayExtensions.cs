using System.Net;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Monitor.Gateway.Errors;
using Monitor.Gateway.GoMicro;
using Monitor.Gateway.Grains;
using Monitor.Gateway.Health;
using Monitor.Gateway.Http;
using Monitor.Gateway.Ingest;
using Monitor.Gateway.Queries;
using Monitor.Rules.Reports;

namespace Monitor.Gateway;

/// <summary>Adds the gateway to a host.</summary>
public static class MonitorGatewayExtensions
{
    private const string Section = "Monitor";

    // gRPC's own frame around a message does not count; a batch of exactly the limit passes.
    private const int MaxMessageBytes = ReportLimits.BatchBytes;

    /// <summary>
    /// Adds the services of the gateway, and has Kestrel listen on its two addresses. The host brings an Orleans client (<c>IClusterClient</c> and
    /// <c>IGrainFactory</c>) with the stream provider over the journal, the <c>IJournal</c> and, where it should be another than the system's, a <see cref="TimeProvider"/>.
    /// </summary>
    public static WebApplicationBuilder AddMonitorGateway(this WebApplicationBuilder builder, Action<GatewayOptions>? configure = null)
    {
        AddOptions(builder, configure);
        AddServer(builder);
        AddIngest(builder.Services);
        AddQueries(builder.Services);
        AddHealth(builder.Services);
        builder.AddGoMicro();
        builder.Services.AddHostedService<Announcement>();
        return builder;
    }

    /// <summary>Of a process that is no gateway: liveness and readiness alone, at the address of HTTP.</summary>
    public static WebApplicationBuilder AddMonitorHealthServer(this WebApplicationBuilder builder)
    {
        AddOptions(builder, null);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<GatewayOptions>>(ListenHttp);
        builder.Services.AddMonitorHealth();
        return builder;
    }

    /// <summary>Maps gRPC with reflection and health, HTTP JSON, <c>/openapi.json</c>, <c>/health/live</c> and <c>/health/ready</c>; go-micro's wires, where they are enabled.</summary>
    public static WebApplication MapMonitorGateway(this WebApplication app)
    {
        app.UseGoMicro();
        app.MapGrpcService<ReporterService>();
        app.MapGrpcService<MonitorService>();
        app.MapGrpcHealthChecksService();
        app.MapGrpcReflectionService();
        app.Services.GetRequiredService<JsonEndpoints>().Map(app);
        var document = new Lazy<string>(OpenApiDocument.Build);
        app.MapGet("/openapi.json", () => Results.Text(document.Value, "application/json"));
        app.MapMonitorHealth();
        return app;
    }

    private static void AddOptions(WebApplicationBuilder builder, Action<GatewayOptions>? configure)
    {
        var options = builder.Services.AddOptions<GatewayOptions>().Bind(builder.Configuration.GetSection(Section)).ValidateOnStart();
        if (configure is not null) options.Configure(configure);
        builder.Services.TryAddEnumerable(Microsoft.Extensions.DependencyInjection.ServiceDescriptor.Singleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>());
    }

    private static void AddServer(WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton(services => new GatewayAddresses(services.GetRequiredService<IServer>()));
        builder.Services.AddSingleton<ErrorMapping>();
        builder.Services.AddSingleton<JsonEndpoints>();
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<GatewayOptions>>(static (kestrel, gateway) =>
        {
            // Without TLS nothing tells HTTP/2 from HTTP/1.1 on one port: hence two.
            ListenHttp(kestrel, gateway);
            kestrel.Listen(gateway.Value.GrpcEndPoint!, static listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Limits.Http2.MaxStreamsPerConnection = 10_000;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 8 * 1024 * 1024;
            kestrel.Limits.Http2.InitialStreamWindowSize = 2 * 1024 * 1024;
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        });
        builder.Services.AddGrpc(static grpc =>
        {
            grpc.Interceptors.Add<ErrorInterceptor>();
            grpc.MaxReceiveMessageSize = MaxMessageBytes;
            grpc.MaxSendMessageSize = null;
        });
        builder.Services.AddGrpcReflection();
    }

    private static void ListenHttp(KestrelServerOptions kestrel, IOptions<GatewayOptions> gateway)
    {
        kestrel.Listen(gateway.Value.HttpEndPoint!, static listen => listen.Protocols = HttpProtocols.Http1);
        kestrel.AddServerHeader = false;
    }

    private static void AddIngest(IServiceCollection services)
    {
        services.TryAddSingleton<IReportLog, ReportStreams>();
        services.AddSingleton<IngestAdmission>();
        services.AddSingleton<Ingestion>();
        services.AddSingleton<StopSignal>();
        services.AddSingleton<ReporterService>();
    }

    private static void AddQueries(IServiceCollection services)
    {
        services.TryAddSingleton<IGrains, ClusterGrains>();
        services.AddSingleton<Partitions>();
        services.AddSingleton<Instances>();
        services.TryAddSingleton<IServiceRegistry, ConsulRegistry>();
        services.AddSingleton<HealthCheckQueries>();
        services.AddSingleton<ServiceQueries>();
        services.AddSingleton<InstanceQueries>();
        services.AddSingleton<SummaryQueries>();
        services.AddSingleton<MonitorQueries>();
        services.AddSingleton<MonitorService>();
    }

    private static void AddHealth(IServiceCollection services)
    {
        services.AddSingleton<CatchUp>();
        services.AddHostedService(static provider => provider.GetRequiredService<CatchUp>());
        services.AddHostedService<Receiving>();
        services.AddMonitorHealth().AddHealthChecks()
            .AddCheck<CatchUpCheck>("catch-up", tags: [MonitorHealth.ReadyTag])
            .AddCheck<AcceptingCheck>("accepting", tags: [MonitorHealth.AcceptTag]);
        services.AddGrpcHealthChecks(static health =>
        {
            health.Services.Map("", static check => check.Tags.Contains(MonitorHealth.ReadyTag));
            health.Services.Map(Protocol.Monitor.Descriptor.FullName, static check => check.Tags.Contains(MonitorHealth.ReadyTag));
            health.Services.Map(Protocol.Reporter.Descriptor.FullName, static check => check.Tags.Contains(MonitorHealth.AcceptTag));
        });
    }
}
