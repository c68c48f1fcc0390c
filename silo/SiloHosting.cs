using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Monitor.Grains;
using Monitor.Grains.Abstractions;
using Monitor.Journal.Sqlite;
using Monitor.Streaming;
using Orleans.Configuration;

namespace Monitor.Silo;

/// <summary>The steps by which the embedded default is put together: silo, gateway and journal in one process.</summary>
internal static class SiloHosting
{
    public static WebApplicationBuilder AddMonitorSettings(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<SiloOptions>().BindConfiguration("Monitor").ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<SiloOptions>, SiloOptionsValidator>();
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<SiloOptions>>((host, silo) => host.ShutdownTimeout = silo.Value.ShutdownTimeout);
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
        });

        // The frameworks speak up when something is wrong; any level can be set by Logging:LogLevel.
        builder.Logging.AddFilter("Orleans", LogLevel.Error).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning).AddFilter("Polly", LogLevel.Warning);
        // A server that is not ready yet is no failure; what it waits for is logged by whoever waits.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        return builder;
    }

    public static WebApplicationBuilder AddMonitorJournal(this WebApplicationBuilder builder)
    {
        builder.Services.AddSqliteJournal(_ => { });
        builder.Services.AddOptions<SqliteJournalOptions>().Configure<IOptions<SiloOptions>, IOptions<GrainOptions>>((journal, silo, grains) =>
        {
            journal.Path = Path.Combine(silo.Value.DataDirectory, "journal.db");
            journal.Partitions = silo.Value.Partitions;
            journal.ReportSegmentAge = grains.Value.RawRetention / 24;
            journal.EventSegmentAge = grains.Value.TransitionRetention / 24;
        });
        return builder;
    }

    public static WebApplicationBuilder AddMonitorSilo(this WebApplicationBuilder builder)
    {
        builder.UseOrleans(silo =>
        {
            // One silo, which nobody joins: a port of its own choosing, and no gateway for clients.
            silo.UseLocalhostClustering(siloPort: FreePort(), gatewayPort: 0);
            silo.AddJournalStreams(StreamNames.Provider);
            silo.AddMonitorGrains();
            silo.Configure<SiloMessagingOptions>(o => o.MaxEnqueuedRequestsHardLimit = 20_000);
        });
        return builder;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
