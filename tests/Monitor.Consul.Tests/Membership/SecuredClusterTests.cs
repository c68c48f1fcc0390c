using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monitor.Consul.TestSilo;
using Monitor.Testing;
using Monitor.Testing.Processes;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Runtime.Membership;

namespace Monitor.Consul.Tests.Membership;

/// <summary>Silos and a client that reach Consul by TLS and a certificate of their own, by configuration.</summary>
public sealed class SecuredClusterTests(SecuredConsul secured) : IClassFixture<SecuredConsul>
{
    private readonly string cluster = $"test-{Guid.NewGuid():N}";

    [Fact]
    public async Task Silos_CertificatesByFiles_MeetAndAreFoundByAClient()
    {
        using var first = await StartAsync(Silo);
        using var second = await StartAsync(Silo);
        using var client = await StartAsync(builder => builder.UseOrleansClient());
        Assert.IsType<ConsulBasedMembershipTable>(first.Services.GetRequiredService<IMembershipTable>());
        var management = client.Services.GetRequiredService<IClusterClient>().GetGrain<IManagementGrain>(0);

        await Eventually.UntilAsync("both silos are active", async ct => (await management.GetHosts(onlyActive: true, ct)).Count == 2, TimeSpan.FromSeconds(60));

        await StopAsync(client, second, first);
    }

    private static async Task StopAsync(params IEnumerable<IHost> hosts)
    {
        // In no order and no time: the cluster ends with them.
        foreach (var host in hosts) await host.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static void Silo(HostApplicationBuilder builder) => builder.UseOrleans(silo => silo.ConfigureForTests(Ports.Free(), Ports.Free()));

    private async Task<IHost> StartAsync(Action<HostApplicationBuilder> configure)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(
        [
            new("Orleans:ClusterId", cluster), new("Orleans:ServiceId", "test"), new("Orleans:Clustering:ProviderType", "Consul"), .. secured.Settings("Orleans:Clustering"),
        ]);
        configure(builder);
        var host = builder.Build();
        await host.StartAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return host;
    }
}
