using System.Net;
using Orleans.Configuration;
using Orleans.Hosting;

namespace Monitor.Consul.TestSilo;

/// <summary>How silos of the tests are set up, within the test's process and in one of their own.</summary>
public static class TestSilo
{
    /// <summary>On loopback, and quick to notice a death.</summary>
    public static ISiloBuilder ConfigureForTests(this ISiloBuilder silo, int siloPort, int gatewayPort) => silo
        .ConfigureEndpoints(IPAddress.Loopback, siloPort, gatewayPort)
        .Configure<ClusterMembershipOptions>(options =>
        {
            (options.ProbeTimeout, options.MinProbeTimeout, options.MaxProbeTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2));
            options.NumMissedProbesLimit = 2;
            options.TableRefreshTimeout = TimeSpan.FromSeconds(2);
        });
}
