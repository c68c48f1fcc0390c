using System.Net;
using System.Net.Sockets;
using Monitor.Gateway;
using Monitor.Grains;
using Monitor.Grains.Abstractions;
using Monitor.Silo.Cluster;
using Monitor.Silo.Journals;
using Monitor.Streaming;
using Orleans.Configuration;

namespace Monitor.Silo;

/// <summary>The silo of a process: alone in the embedded default, or one of a cluster.</summary>
internal static class SiloHosting
{
    public static WebApplicationBuilder AddMonitorSilo(this WebApplicationBuilder builder, SiloOptions options)
    {
        builder.Services.AddSingleton<SiloAliveCheck>();
        builder.Services.AddHealthChecks().AddCheck<SiloAliveCheck>("silo", tags: [MonitorHealth.LiveTag]);
        builder.UseOrleans(silo =>
        {
            if (builder.Configuration.IsClustered()) silo.JoinCluster(builder.Configuration, options);
            // One silo, which nobody joins: a port of its own choosing, and no gateway for clients.
            else silo.UseLocalhostClustering(siloPort: FreePort(), gatewayPort: 0);
            silo.AddJournalStreams(StreamNames.Provider);
            silo.AddMonitorGrains(gatewaysApart: builder.Configuration.IsClustered());
            silo.Configure<SiloMessagingOptions>(o => o.MaxEnqueuedRequestsHardLimit = 20_000);
            silo.StartAfterTheJournal();
        });
        return builder;
    }

    /// <summary>The port, or where it is 0 a free one.</summary>
    public static int PortOr(int port) => port != 0 ? port : FreePort();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
