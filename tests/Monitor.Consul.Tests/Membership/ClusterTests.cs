using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monitor.Consul.TestSilo;
using Monitor.Testing;
using Monitor.Testing.Consul;
using Monitor.Testing.Processes;
using Orleans;
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
    public async Task Silo_Killed_IsDeclaredDeadByTheOtherAndAnotherJoins()
    {
        using var survivor = await SiloAsync([consul.Address]);
        using var victim = new SiloProcess(Settings([consul.Address]));
        using var client = await ClientAsync([consul.Address]);
        Assert.IsType<ConsulBasedMembershipTable>(survivor.Services.GetRequiredService<IMembershipTable>());
        Assert.IsType<ConsulGatewayListProvider>(client.Services.GetRequiredService<IGatewayListProvider>());
        var management = client.Services.GetRequiredService<IClusterClient>().GetGrain<IManagementGrain>(0);
        await ActiveAsync(management, silos =>
        {
            victim.EnsureRuns();
            return silos.Count == 2 && silos.Any(victim.Is);
        });

        victim.Kill();

        await ActiveAsync(management, silos => silos.SetEquals([Address(survivor)]));
        using var table = Tables.Of(cluster, options => options.Address = consul.Address);
        var dead = (await table.ReadAll()).Members.Single(member => member.Item1.Status == SiloStatus.Dead).Item1;
        Assert.True(victim.Is(dead.SiloAddress));
        Assert.Contains(dead.SuspectTimes!, vote => vote.Item1.Equals(Address(survivor)));

        using var another = await SiloAsync([consul.Address]);
        await ActiveAsync(management, silos => silos.SetEquals([Address(survivor), Address(another)]));
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
        await ActiveAsync(management, silos => silos.SetEquals([Address(first), Address(second)]));
        Assert.Null(first.Services.GetRequiredService<ConsulBasedMembershipTable>().Fault);
        await StopAsync(client, second, first);
    }

    private async Task<IHost> SiloAsync(IReadOnlyList<Uri> addresses)
    {
        var builder = Builder(addresses);
        builder.UseOrleans(silo => silo.ConfigureForTests(Ports.Free(), Ports.Free()));
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
        builder.Configuration.AddInMemoryCollection(Settings(addresses));
        return builder;
    }

    private IEnumerable<KeyValuePair<string, string?>> Settings(IReadOnlyList<Uri> addresses) =>
    [
        new("Orleans:ClusterId", cluster),
        new("Orleans:ServiceId", "test"),
        new("Orleans:Clustering:ProviderType", "Consul"),
        .. addresses.Select((address, i) => KeyValuePair.Create($"Orleans:Clustering:Addresses:{i}", (string?)address.ToString())),
    ];

    private static async Task<IHost> StartAsync(HostApplicationBuilder builder)
    {
        var host = builder.Build();
        await host.StartAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return host;
    }

    private static async Task StopAsync(params IEnumerable<IHost> hosts)
    {
        // In no order and no time: the cluster ends with them.
        foreach (var host in hosts) await host.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static SiloAddress Address(IHost silo) => silo.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    private static async Task ActiveAsync(IManagementGrain management, Predicate<HashSet<SiloAddress>> wanted) => await Eventually.GetAsync(
        "the active silos are the expected ones",
        async ct => (await management.GetHosts(onlyActive: true, ct)).Keys.ToHashSet(),
        silos => wanted(silos),
        TimeSpan.FromSeconds(60));
}
