using System.Net;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Monitor.Consul.GoMicro;
using Monitor.Consul.Http;
using Monitor.Consul.Registration;
using Monitor.Gateway;
using Monitor.Gateway.GoMicro;
using Monitor.Grains.Abstractions;
using Monitor.Silo.Journals;
using Monitor.Streaming;
using Orleans.Configuration;
using Orleans.Serialization;

namespace Monitor.Silo.Cluster;

/// <summary>What a process of a cluster has beyond the embedded default: membership, a client, and its place in Consul.</summary>
internal static class ClusterHosting
{
    private const string ServiceId = "monitor";

    /// <summary>
    /// How a process is found by the others of its cluster, and by reporters: by Consul. Nothing in the embedded default, unless it is told where Consul is.
    /// </summary>
    public static WebApplicationBuilder AddMonitorCluster(this WebApplicationBuilder builder, SiloOptions options)
    {
        var clustered = builder.Configuration.IsClustered();
        if (!clustered && !builder.Configuration.GetSection("Consul:Addresses").GetChildren().Any()) return builder;
        builder.Services.AddOptions<ConsulOptions>().BindConfiguration("Consul");
        builder.Services.AddConsul();
        if (clustered && options.IsSilo) builder.Services.AddHealthChecks().AddCheck<MembershipCheck>("membership", tags: [MonitorHealth.ReadyTag]);
        if (!options.IsGateway) return builder;
        builder.AddRegistration(options);
        builder.Services.AddOptions<GoMicroRegistrationOptions>().BindConfiguration("Consul:GoMicro");
        builder.AddGoMicroRegistration(_ => options.AdvertisedAddress, services => Passes(services, MonitorHealth.IsOfReadiness), services => Passes(services, MonitorHealth.IsOfAcceptance));
        return builder;
    }

    /// <summary>The client of a gateway without a silo: it waits for silos for as long as it takes.</summary>
    public static WebApplicationBuilder AddMonitorClient(this WebApplicationBuilder builder, SiloOptions options)
    {
        builder.Services.AddSingleton<IClientConnectionRetryFilter, EndlessRetry>();
        builder.Services.AddSingleton<SiloConnections>();
        builder.Services.AddHealthChecks().AddCheck<ClientCheck>("silos", tags: [MonitorHealth.ReadyTag]);
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, ServiceId));
            if (!builder.Configuration.HasOwnClustering()) client.UseConsulClientClustering(clustering => clustering.Configure<IOptions<ConsulOptions>, IConfiguration>(Configure));
            client.AddGatewayCountChangedHandler(services => services.GetRequiredService<SiloConnections>().Changed);
            client.Services.AddSerializer(serializer => serializer.AddProtobufMessages());
            client.AddJournalStreams(StreamNames.Provider);
            // A silo that hangs keeps its connections: it is left once the list says so.
            client.Configure<Orleans.Configuration.GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = TimeSpan.FromSeconds(2));
            // A call whose silo died is not told so: it is better made again soon.
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(5));
        });
        return builder;
    }

    public static ISiloBuilder JoinCluster(this ISiloBuilder silo, IConfiguration configuration, SiloOptions options)
    {
        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, ServiceId));
        if (!configuration.HasOwnClustering()) silo.UseConsulSiloClustering(clustering => clustering.Configure<IOptions<ConsulOptions>, IConfiguration>(Configure));
        var (address, port, gatewayPort) = SiloEndpoints.Choose(options);
        silo.ConfigureEndpoints(address, port, gatewayPort, listenOnAnyHostAddress: !IPAddress.IsLoopback(address));
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            // Orleans adapts within these. While a silo's connection is younger in silence than three of the longest, it is not voted out: so a silo that hangs, with
            // its connections open, is out after some seven of these, and one that died after three. After a total crash, rows of the dead hold nobody up for
            // longer than 15 s.
            membership.ProbeTimeout = options.ProbeTimeout;
            membership.MinProbeTimeout = options.ProbeTimeout / 2;
            membership.MaxProbeTimeout = options.ProbeTimeout * 2;
            // One that hung, and was voted out meanwhile, is told by nobody: it finds out here, and ends.
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
            membership.DefunctSiloExpiration = TimeSpan.FromHours(1);
        });
        silo.Services.AddSingleton<JournalClaim>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => services.GetRequiredService<JournalClaim>());
        if (configuration.GetValue("Monitor:GrainDirectory", "default") == "distributed") AddDistributedDirectory(silo);
        return silo;
    }

    private static void AddRegistration(this WebApplicationBuilder builder, SiloOptions options)
    {
        // Who finds it there may report or ask.
        builder.Services.AddConsulRegistration(services => Passes(services, check => MonitorHealth.IsOfReadiness(check) || MonitorHealth.IsOfAcceptance(check)));
        builder.Services.AddOptions<ConsulRegistrationOptions>().BindConfiguration("Consul:Registration")
            .PostConfigure<IOptions<Gateway.GatewayOptions>>((registration, gateway) =>
            {
                if (registration.Address.Length == 0) registration.Address = options.AdvertisedAddress;
                if (registration.GrpcPort == 0) registration.GrpcPort = gateway.Value.GrpcEndPoint?.Port ?? 0;
                registration.HttpPort ??= gateway.Value.HttpEndPoint?.Port;
                if (registration.Version.Length == 0) registration.Version = MonitorHost.Version;
            });
    }

    private static Func<CancellationToken, ValueTask<bool>> Passes(IServiceProvider services, Func<HealthCheckRegistration, bool> checks)
    {
        var health = services.GetRequiredService<HealthCheckService>();
        return async cancellationToken => (await health.CheckHealthAsync(checks, cancellationToken)).Status == HealthStatus.Healthy;
    }

    private static void Configure(ConsulClusteringOptions clustering, IOptions<ConsulOptions> consul, IConfiguration configuration)
    {
        foreach (var address in consul.Value.Addresses) clustering.Addresses.Add(address);
        clustering.AclClientToken = consul.Value.Token;
        clustering.Datacenter = consul.Value.Datacenter;
        clustering.RequestTimeout = consul.Value.RequestTimeout;
        (clustering.CaCertificate, clustering.ClientCertificate, clustering.ClientKey) = (consul.Value.CaCertificate, consul.Value.ClientCertificate, consul.Value.ClientKey);
        clustering.ConfigureHandler = consul.Value.ConfigureHandler;
        clustering.KvRootFolder = configuration[$"Consul:{nameof(clustering.KvRootFolder)}"];
    }

    // Orleans reads it itself.
    private static bool HasOwnClustering(this IConfiguration configuration) => configuration["Orleans:Clustering:ProviderType"] is not null;

#pragma warning disable ORLEANSEXP003 // measured both ways: docs/decisions
    private static void AddDistributedDirectory(ISiloBuilder silo) => silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
}
