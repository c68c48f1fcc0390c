using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Monitor.Consul.GoMicro;
using Monitor.Consul.Http;
using Monitor.Testing;
using Monitor.Testing.Consul;
using static Monitor.Gateway.Tests.GatewayFixture;

namespace Monitor.Gateway.Tests.Queries;

public sealed class RegistryTests
{
    [Fact]
    public async Task Services_IncludeRegistry_ListsWhatIsRegisteredAndSilent()
    {
        await using var consul = await ConsulAgent.StartAsync();
        await using var gateway = await StartAsync(
            cluster => cluster.Add("orders", "i-1"), services: services => services.AddConsul(options => options.Addresses.Add(consul.Address)));
        var client = gateway.Services.GetRequiredService<ConsulClient>();
        await RegisterAsync("orders", "v=1.0.0");
        await RegisterAsync("topic:micro.monitor.status", "v=ff.http.broadcast");
        await RegisterAsync("plain");
        await RegisterAsync("billing", RegistryTags.Version("2.0.0"));
        await RegisterAsync("billing", "v=1.0.0");

        var services = await Eventually.GetAsync(
            "the catalog has them", async ct => (await gateway.Monitor.ServicesAsync(new() { Include = "registry" }, cancellationToken: ct)).Services, all => all.Count == 4);

        Assert.Equal(
            ["billing 1.0.0 True", "billing 2.0.0 True", "orders 1.0.0 False", "plain  True"],
            services.Select(service => $"{service.Name} {service.Version} {service.Silent}"));
        Assert.Equal(
            """{"services":[{"name":"plain","silent":true}]}""", await gateway.Http.GetStringAsync("/v1/services?include=registry&service=plain", Limit));
        Assert.Equal(["orders"], (await gateway.Monitor.ServicesAsync(new(), cancellationToken: Limit)).Services.Select(service => service.Name));

        Task RegisterAsync(string name, params string[] tags) => client.RegisterAsync(new() { Id = Guid.NewGuid().ToString(), Name = name, Port = 1, Tags = tags });
    }

    [Fact]
    public async Task Services_IncludeRegistryWithoutConsul_SaysSo()
    {
        await using var gateway = await StartAsync();
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await gateway.Monitor.ServicesAsync(new() { Include = "registry" }, cancellationToken: Limit));
        Assert.Equal((StatusCode.FailedPrecondition, "include: 'registry' asks Consul, and this server does not use it."), (failure.StatusCode, failure.Status.Detail));
        Assert.Equal(400, (int)(await gateway.Http.GetAsync("/v1/services?include=registry", Limit)).StatusCode);
    }

    [Fact]
    public async Task Services_ConsulIsAway_SaysTryAgain()
    {
        await using var gateway = await StartAsync(
            services: services => services.AddConsul(options => options.Addresses.Add(new($"http://127.0.0.1:{Testing.Processes.Ports.Free()}"))));
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await gateway.Monitor.ServicesAsync(new() { Include = "registry" }, cancellationToken: Limit));
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }

    [Fact]
    public async Task Services_IncludeUnknown_NamesTheField()
    {
        await using var gateway = await StartAsync();
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await gateway.Monitor.ServicesAsync(new() { Include = "all" }, cancellationToken: Limit));
        Assert.Equal((StatusCode.InvalidArgument, "include: 'all' is not allowed: it must be registry, or empty."), (failure.StatusCode, failure.Status.Detail));
    }
}
