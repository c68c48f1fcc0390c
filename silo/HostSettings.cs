using Microsoft.Extensions.Options;
using Orleans.Runtime.Membership;

namespace Monitor.Silo;

/// <summary>What is the same for every role: settings, log, and how the host starts and stops.</summary>
internal static class HostSettings
{
    /// <exception cref="OptionsValidationException">A setting that decides what the host is composed of is not valid.</exception>
    public static SiloOptions AddMonitorSettings(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<SiloOptions>>((host, silo) =>
        {
            host.ShutdownTimeout = silo.Value.ShutdownTimeout;
            // The server is up, and says that it is not ready, while the journal and the cluster are waited for.
            host.ServicesStartConcurrently = true;
        });
        builder.Services.AddOptions<SiloOptions>().BindConfiguration("Monitor").ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<SiloOptions>, SiloOptionsValidator>();
        StartingServer.Decorate(builder.Services);
        AddLog(builder);
        return SiloOptions.Read(builder.Configuration);
    }

    private static void AddLog(WebApplicationBuilder builder)
    {
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
        });
        // As a unit of systemd, and nowhere else: tells it when it has started and when it stops, and logs as its journal takes it.
        builder.Services.AddSystemd();

        // The frameworks speak up when something is wrong; any level can be set by Logging:LogLevel.
        builder.Logging.AddFilter("Orleans", LogLevel.Error).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning).AddFilter("Polly", LogLevel.Error);
        // A server that is not ready yet is no failure; what it waits for is logged by whoever waits.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        // What it refuses to start with is said in one line.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        var starting = new StartingHost();
        builder.Services.AddSingleton(starting);
        builder.Logging.AddFilter("Orleans.Runtime.Silo", level => level > LogLevel.Error || (level == LogLevel.Error && starting.HasStarted));
        builder.Logging.AddFilter("Orleans.Runtime.MembershipService.MembershipTableManager", level => level > LogLevel.Error || (level == LogLevel.Error && starting.HasStarted));
        // Ours, in the namespace of what it stands in for.
        builder.Logging.AddFilter(typeof(ConsulBasedMembershipTable).FullName, LogLevel.Information).AddFilter(typeof(ConsulGatewayListProvider).FullName, LogLevel.Information);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
    }
}

/// <summary>Whether the host has started. What fails before that is thrown, and said by <see cref="MonitorHost"/>.</summary>
internal sealed class StartingHost
{
    private volatile bool hasStarted;

    public bool HasStarted => hasStarted;

    public void Started() => hasStarted = true;
}
