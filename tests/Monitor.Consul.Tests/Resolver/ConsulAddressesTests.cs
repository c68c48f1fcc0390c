using Monitor.Consul.Http;
using Monitor.Consul.Resolver;
using Monitor.Testing.Consul;
using Monitor.Testing.Processes;

namespace Monitor.Consul.Tests.Resolver;

public sealed class ConsulAddressesTests(SharedConsul consul)
{
    private readonly string service = $"test-{Guid.NewGuid():N}";

    [Fact]
    public async Task Get_AnswersHealthyServersOfOursOnly()
    {
        await consul.RegisterAsync(service, 8001);
        await consul.RegisterAsync(service, 8002, protocol: "grpcs");
        await consul.RegisterAsync(service, 8003, protocol: null);
        await consul.RegisterAsync(service, 8004, status: "critical");
        await consul.RegisterAsync(service, 8005, protocol: "other");

        var addresses = await new ConsulAddresses(consul.Client, service).GetAsync();

        Assert.Equal(["http://127.0.0.1:8001/", "https://127.0.0.1:8002/"], addresses.Select(address => address.ToString()).Order(StringComparer.Ordinal));
        Assert.Empty(await new ConsulAddresses(consul.Client, $"{service}-none").GetAsync());
    }

    [Fact]
    public async Task Get_ConsulIsAway_Throws()
    {
        using var client = SharedConsul.ClientOf([new($"http://127.0.0.1:{Ports.Free()}")]);

        await Assert.ThrowsAsync<ConsulException>(() => new ConsulAddresses(client, service).GetAsync());
    }

    [Fact]
    public async Task Watch_FollowsEachChange()
    {
        await using var changes = new ConsulAddresses(consul.Client, service).WatchAsync().GetAsyncEnumerator();

        Assert.Empty(await NextAsync(changes));
        await consul.RegisterAsync(service, 8001);
        Assert.Equal([8001], await NextAsync(changes));
        await consul.RegisterAsync(service, 8002);
        Assert.Equal([8001, 8002], await NextAsync(changes));
        await consul.Client.UpdateCheckAsync($"{service}-8001", CheckStatus.Critical, "");
        Assert.Equal([8002], await NextAsync(changes));
        await consul.Client.DeregisterAsync($"{service}-8002");
        Assert.Empty(await NextAsync(changes));
    }

    [Fact]
    public async Task Watch_AgentIsRestarted_GoesOnFromWhatItThenSays()
    {
        await using var agent = await ConsulAgent.StartAsync();
        using var client = SharedConsul.ClientOf([agent.Address]);
        await client.RegisterAsync(SharedConsulServices.Registration(service, 8001));
        await using var changes = new ConsulAddresses(client, service).WatchAsync().GetAsyncEnumerator();
        Assert.Equal([8001], await NextAsync(changes));

        var asked = NextAsync(changes);
        await agent.RestartAsync();
        await client.RegisterAsync(SharedConsulServices.Registration(service, 8002));

        var next = await asked;
        // It may be asked before the registration, and then says that there is none.
        if (next.Count == 0) next = await NextAsync(changes);
        Assert.Equal([8002], next);
    }

    [Fact]
    public async Task Watch_Cancelled_Ends()
    {
        using var cancellation = new CancellationTokenSource();
        await using var changes = new ConsulAddresses(consul.Client, service).WatchAsync(cancellation.Token).GetAsyncEnumerator();
        await NextAsync(changes);

        var next = changes.MoveNextAsync();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }

    private static async Task<IReadOnlyList<int>> NextAsync(IAsyncEnumerator<IReadOnlyList<Uri>> changes)
    {
        Assert.True(await changes.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
        return [.. changes.Current.Select(address => address.Port)];
    }
}

internal static class SharedConsulServices
{
    public static Task RegisterAsync(this SharedConsul consul, string service, int port, string? protocol = "grpc", string status = "passing") =>
        consul.Client.RegisterAsync(Registration(service, port, protocol, status));

    public static ServiceRegistration Registration(string service, int port, string? protocol = "grpc", string status = "passing") => new()
    {
        Id = $"{service}-{port}",
        Name = service,
        Address = "127.0.0.1",
        Port = port,
        Meta = protocol is null ? new Dictionary<string, string>() : new() { [MonitorService.ProtocolKey] = protocol },
        Tags = protocol is null ? ["v=1.0.0"] : [],
        Check = new("10m", status, null),
    };
}
