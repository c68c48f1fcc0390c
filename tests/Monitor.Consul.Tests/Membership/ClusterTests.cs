using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monitor.Testing;
using Monitor.Testing.Consul;
using Monitor.Testing.Processes;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Messaging;
using Orleans.Runtime;
using Orleans.Runtime.Membership;

namespace Monitor.Consul.Tests.Membership;

/// <summary>Real silos and a real client whose configuration says <c>Orleans:Clustering:ProviderType=Consul</c>.</summary>
public sealed class ClusterTests(SharedConsul consul)
{
    private readonly string cluster = $"test-{Guid.NewGuid():N}";

    [Fact]
    public async Task Silo_CutOffAndKilled_IsDeclaredDeadAndAnotherJoins()
    {
        await using var proxy = await ConsulProxy.StartAsync(consul.Address);
        using var survivor = await SiloAsync([consul.Address]);
        using var victim = await SiloAsync([proxy.Address]);
        using var client = await ClientAsync([consul.Address]);
        var management = client.Services.GetRequiredService<IClusterClient>().GetGrain<IManagementGrain>(0);
        await ActiveAsync(management, survivor, victim);
        Assert.IsType<ConsulBasedMembershipTable>(survivor.Services.GetRequiredService<IMembershipTable>());
        Assert.IsType<ConsulGatewayListProvider>(client.Services.GetRequiredService<IGatewayListProvider>());

        // So that it cannot say itself that it is dead; it tries that for minutes.
        proxy.Intercept = _ => Task.FromResult<(int, string)?>((500, "cut off"));
        var killed = KillAsync(victim);

        await ActiveAsync(management, survivor);
        using var table = Tables.Of(cluster, options => options.Address = consul.Address);
        var dead = (await table.ReadAll()).Members.Single(member => member.Item1.Status == SiloStatus.Dead).Item1;
        Assert.Equal(Address(victim), dead.SiloAddress);
        Assert.Contains(dead.SuspectTimes!, vote => vote.Item1.Equals(Address(survivor)));

        using var another = await SiloAsync([consul.Address]);
        await ActiveAsync(management, survivor, another);
        proxy.Intercept = _ => Task.FromResult<(int, string)?>(null);
        await killed.WaitAsync(TimeSpan.FromSeconds(60));
        await StopAsync(client, another, survivor);
    }

    [Fact]
    public async Task Silos_LeaderOfConsulIsKilled_StayAndTakeInAnother()
    {
        await using var servers = await ConsulCluster.StartAsync();
        using var first = await SiloAsync(servers.Addresses);
        using var client = await ClientAsync(servers.Addresses);
        var management = client.Services.GetRequiredService<IClusterClient>().GetGrain<IManagementGrain>(0);

        await (await servers.LeaderAsync())!.KillAsync();

        using var second = await SiloAsync(servers.Addresses);
        await ActiveAsync(management, first, second);
        Assert.Null(first.Services.GetRequiredService<ConsulBasedMembershipTable>().Fault);
        await StopAsync(client, second, first);
    }

    private async Task<IHost> SiloAsync(IReadOnlyList<Uri> addresses)
    {
        var builder = Builder(addresses);
        builder.UseOrleans(silo => silo
            .ConfigureEndpoints(IPAddress.Loopback, Ports.Free(), Ports.Free())
            .Configure<ClusterMembershipOptions>(options =>
            {
                (options.ProbeTimeout, options.MinProbeTimeout, options.MaxProbeTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2));
                options.NumMissedProbesLimit = 2;
                options.TableRefreshTimeout = TimeSpan.FromSeconds(2);
            }));
        return await StartAsync(builder);
    }

    private async Task<IHost> ClientAsync(IReadOnlyList<Uri> addresses)
    {
        var builder = Builder(addresses);
        builder.UseOrleansClient();
        return await StartAsync(builder);
    }

    private HostApplicationBuilder Builder(IReadOnlyList<Uri> addresses)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Orleans:ClusterId"] = cluster,
            ["Orleans:ServiceId"] = "test",
            ["Orleans:Clustering:ProviderType"] = "Consul",
        });
        builder.Configuration.AddInMemoryCollection(addresses.Select((address, i) => KeyValuePair.Create($"Orleans:Clustering:Addresses:{i}", (string?)address.ToString())));
        return builder;
    }

    private static async Task<IHost> StartAsync(HostApplicationBuilder builder)
    {
        var host = builder.Build();
        await host.StartAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return host;
    }

    private static async Task KillAsync(IHost silo) => await silo.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static async Task StopAsync(params IEnumerable<IHost> hosts)
    {
        foreach (var host in hosts) await KillAsync(host);
    }

    private static SiloAddress Address(IHost silo) => silo.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    private static Task ActiveAsync(IManagementGrain management, params IEnumerable<IHost> silos)
    {
        var expected = silos.Select(Address).ToHashSet();
        return Eventually.UntilAsync(
            $"the silos {string.Join(", ", expected)} are the active ones",
            async ct => expected.SetEquals((await management.GetHosts(onlyActive: true, ct)).Keys),
            TimeSpan.FromSeconds(60));
    }
}
