using Monitor.Consul.Http;
using Monitor.Consul.Tests.Membership;
using Monitor.Consul.Tests.Resolver;
using Monitor.Testing;
using Monitor.Testing.Consul;

namespace Monitor.Consul.Tests.Http;

/// <summary>An agent that allows nothing without a token.</summary>
public sealed class AclTests : IAsyncLifetime
{
    private ConsulAgent agent = null!;

    public async ValueTask InitializeAsync() => agent = await ConsulAgent.StartAsync(new() { Acl = true });

    public async ValueTask DisposeAsync() => await agent.DisposeAsync();

    [Fact]
    public async Task Requests_ByToken_AreAllowedOrDenied()
    {
        using var none = SharedConsul.ClientOf([agent.Address]);
        using var unknown = SharedConsul.ClientOf([agent.Address], Guid.NewGuid().ToString());
        using var writer = SharedConsul.ClientOf([agent.Address], await agent.CreateTokenAsync("""key_prefix "a/" { policy = "write" }"""));

        await writer.PutAsync("a/b", "1"u8.ToArray());
        Assert.NotNull(await writer.TransactAsync([new("a/c", "1"u8.ToArray(), 0)]));
        foreach (var denied in new Func<Task>[]
        {
            () => none.GetAsync("a/b"), () => unknown.GetAsync("a/b"), () => writer.GetAsync("b"), () => writer.PutAsync("b", "1"u8.ToArray()),
            // Of status 409, as a stale index is.
            () => none.TransactAsync([new("a/d", "1"u8.ToArray(), 0)]), () => writer.TransactAsync([new("a/c", "1"u8.ToArray(), 0), new("b", "1"u8.ToArray(), 0)]),
            () => none.RegisterAsync(new() { Id = "a", Name = "a" }), () => unknown.HealthyAsync("a"),
        })
        {
            Assert.True((await Assert.ThrowsAsync<ConsulException>(denied)).IsDenied);
        }
    }

    [Fact]
    public async Task Service_ByToken_IsRegisteredAndFound()
    {
        const string service = "go.micro.srv.monitor";
        using var writer = SharedConsul.ClientOf([agent.Address], await agent.CreateTokenAsync($$"""service "{{service}}" { policy = "write" }"""));
        using var reader = SharedConsul.ClientOf(
            [agent.Address], await agent.CreateTokenAsync($$"""service "{{service}}" { policy = "read" } node_prefix "" { policy = "read" }"""));
        using var none = SharedConsul.ClientOf([agent.Address]);

        await writer.RegisterAsync(SharedConsulServices.Registration(service, 8001));
        await writer.UpdateCheckAsync($"{service}-8001", CheckStatus.Passing, "");

        await Eventually.UntilAsync("it is found", async ct => (await reader.HealthyAsync(service, cancellationToken: ct)).Entries.Count == 1);
        Assert.Empty((await none.HealthyAsync(service)).Entries);
        Assert.True((await Assert.ThrowsAsync<ConsulException>(() => reader.DeregisterAsync($"{service}-8001"))).IsDenied);
        await writer.DeregisterAsync($"{service}-8001");
    }

    [Fact]
    public async Task Membership_ByToken_WritesOrThrowsAndIsNeverMerelyStale()
    {
        const string cluster = "acl";
        var write = await agent.CreateTokenAsync($$"""key_prefix "orleans/{{cluster}}/" { policy = "write" }""");
        var read = await agent.CreateTokenAsync($$"""key_prefix "orleans/{{cluster}}/" { policy = "read" }""");
        using var allowed = Tables.Of(cluster, options => options.ConfigureConsulClient(agent.Address, write));
        using var reader = Tables.Of(cluster, options => options.ConfigureConsulClient(agent.Address, read));
        using var denied = Tables.Of(cluster, options => options.ConfigureConsulClient(agent.Address));

        await allowed.InitializeMembershipTableAsync(true, default);
        var version = (await allowed.ReadAllAsync(default)).Version;
        Assert.True(await allowed.InsertRowAsync(Tables.Entry(), version.Next(), default));
        await Throws(() => reader.InitializeMembershipTableAsync(true, default));
        await Throws(() => denied.InitializeMembershipTableAsync(true, default));
        var row = (await reader.ReadAllAsync(default)).Members.Single();
        version = (await reader.ReadAllAsync(default)).Version;

        foreach (var table in new[] { reader, denied })
        {
            await Throws(() => table.InsertRowAsync(Tables.Entry(), version.Next(), default));
            await Throws(() => table.UpdateRowAsync(row.Item1, row.Item2, version.Next(), default));
            await Throws(() => table.UpdateIAmAliveAsync(row.Item1, default));
        }

        // A list that leaves out everything looks like an empty table.
        await Throws(() => denied.ReadAllAsync(default));
        using var gateways = Tables.GatewaysOf(cluster, options => options.ConfigureConsulClient(agent.Address));
        await Throws(() => gateways.GetGatewaysAsync(default));

        static async Task Throws(Func<Task> request) => Assert.True((await Assert.ThrowsAsync<ConsulException>(request)).IsDenied);
    }
}
