using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Runtime.Membership;

namespace Monitor.Consul.Tests.Membership;

/// <summary>Membership tables and rows for tests.</summary>
internal static class Tables
{
    private static int generation;

    /// <summary>A time without a fraction of a second, as any store keeps it.</summary>
    public static DateTime Now { get; } = new(TimeProvider.System.GetUtcNow().Ticks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, DateTimeKind.Utc);

    public static ConsulBasedMembershipTable Of(string cluster, Action<ConsulClusteringOptions> configure) =>
        new(NullLogger<ConsulBasedMembershipTable>.Instance, Configured(configure), Cluster(cluster));

    public static ConsulGatewayListProvider GatewaysOf(string cluster, Action<ConsulClusteringOptions> configure) =>
        new(NullLogger<ConsulGatewayListProvider>.Instance, Configured(configure), Options.Create(new GatewayOptions()), Cluster(cluster));

    public static SiloAddress Silo(int? ofGeneration = null) =>
        SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 12345), ofGeneration ?? Interlocked.Increment(ref generation) + 1_000);

    public static MembershipEntry Entry(SiloStatus status = SiloStatus.Joining, SiloAddress? silo = null, DateTime? at = null) => new()
    {
        SiloAddress = silo ?? Silo(),
        HostName = "host",
        SiloName = "silo",
        RoleName = "",
        Status = status,
        ProxyPort = 30000,
        StartTime = at ?? Now,
        IAmAliveTime = at ?? Now,
    };

    /// <summary>Inserts a row over the table as it is.</summary>
    public static async Task<MembershipEntry> AddAsync(this ConsulBasedMembershipTable table, MembershipEntry entry)
    {
        Assert.True(await table.InsertRowAsync(entry, (await table.ReadAllAsync(default)).Version.Next(), default));
        return entry;
    }

    private static IOptions<ClusterOptions> Cluster(string cluster) => Options.Create(new ClusterOptions { ClusterId = cluster });

    private static IOptions<ConsulClusteringOptions> Configured(Action<ConsulClusteringOptions> configure)
    {
        var options = new ConsulClusteringOptions();
        configure(options);
        return Options.Create(options);
    }
}
