using Monitor.Consul.Http;
using Monitor.Testing.Consul;
using Orleans.Runtime;
using Orleans.Runtime.Membership;

namespace Monitor.Consul.Tests.Membership;

/// <summary>An agent that keeps all in memory, and is restarted under a running cluster.</summary>
public sealed class LostTableTests : IAsyncLifetime
{
    private const string Cluster = "lost";
    private ConsulAgent agent = null!;
    private ConsulBasedMembershipTable table = null!;
    private ConsulGatewayListProvider gateways = null!;

    public async ValueTask InitializeAsync()
    {
        agent = await ConsulAgent.StartAsync();
        table = Tables.Of(Cluster, options => options.Address = agent.Address);
        gateways = Tables.GatewaysOf(Cluster, options => options.Address = agent.Address);
        await table.InitializeMembershipTable(true);
        for (var i = 0; i < 3; i++) await table.AddAsync(Tables.Entry(SiloStatus.Active));
        Assert.Equal(3, (await gateways.GetGateways()).Count);
    }

    public async ValueTask DisposeAsync()
    {
        table.Dispose();
        gateways.Dispose();
        await agent.DisposeAsync();
    }

    [Fact]
    public async Task Emptied_EveryReadThrowsAndNothingIsMadeAnew()
    {
        var held = await table.ReadAll();

        await agent.RestartAsync();

        await Assert.ThrowsAsync<MembershipTableLostException>(table.ReadAll);
        Assert.NotNull(table.Fault);
        await Assert.ThrowsAsync<MembershipTableLostException>(() => table.ReadRow(Tables.Silo()));
        await Assert.ThrowsAsync<MembershipTableLostException>(() => table.CleanupDefunctSiloEntries(Tables.Now));
        await table.InitializeMembershipTable(true);
        await Assert.ThrowsAsync<MembershipTableLostException>(() => table.InsertRow(Tables.Entry(), new(1, "0")));
        Assert.False(await table.InsertRow(Tables.Entry(), held.Version.Next()));
        Assert.False(await table.UpdateRow(held.Members[0].Item1, held.Members[0].Item2, held.Version.Next()));
        await Assert.ThrowsAsync<MembershipTableLostException>(gateways.GetGateways);
        Assert.NotNull(gateways.Fault);
        using var client = SharedConsul.ClientOf([agent.Address]);
        Assert.Empty(await client.ListAsync("orleans/"));
    }

    [Fact]
    public async Task BegunAnewByOthers_ThrowsUntilItsVersionIsPassed()
    {
        await agent.RestartAsync();
        using var other = Tables.Of(Cluster, options => options.Address = agent.Address);
        await other.InitializeMembershipTable(true);
        await other.AddAsync(Tables.Entry(SiloStatus.Active));

        await Assert.ThrowsAsync<MembershipTableLostException>(table.ReadAll);
        await Assert.ThrowsAsync<MembershipTableLostException>(gateways.GetGateways);

        Assert.Single((await other.ReadAll()).Members);
        Assert.Null(other.Fault);
    }

    [Fact]
    public async Task Unreachable_ThrowsAndIsNoFault()
    {
        await agent.KillAsync();

        Assert.Null((await Assert.ThrowsAsync<ConsulException>(table.ReadAll)).StatusCode);
        Assert.Null((await Assert.ThrowsAsync<ConsulException>(gateways.GetGateways)).StatusCode);
        Assert.Null(table.Fault);
    }

    [Fact]
    public async Task Initialize_ConsulIsAway_WaitsUntilItComes()
    {
        await agent.KillAsync();
        using var late = Tables.Of(Cluster, options => options.Address = agent.Address);
        using var cancellation = new CancellationTokenSource();
        var cancelled = late.InitializeMembershipTableAsync(true, cancellation.Token);
        var initialized = late.InitializeMembershipTableAsync(true, default);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.False(initialized.IsCompleted);

        await agent.RestartAsync();

        await initialized.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, (await late.ReadAll()).Version.Version);
    }

    [Fact]
    public async Task DeletedByTheOperator_BeginsAnew()
    {
        await table.DeleteMembershipTableEntries(Cluster);

        await table.InitializeMembershipTable(true);

        Assert.Equal(0, (await table.ReadAll()).Version.Version);
    }
}
