using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Monitor.Consul.GoMicro;
using Monitor.Consul.Http;
using Monitor.Consul.Registration;
using Monitor.Consul.Resolver;
using Monitor.Testing;
using Monitor.Testing.Consul;
using Monitor.Testing.GoMicro;

namespace Monitor.Consul.Tests.GoMicro;

public sealed class GoMicroRegistrationTests(SharedConsul consul)
{
    private readonly string service = $"test-{Guid.NewGuid():N}";
    private volatile bool serves = true;
    private volatile bool accepts = true;

    [Fact]
    public async Task Host_WhileItRuns_IsFoundByAnOriginalClient()
    {
        using var registry = new GoMicroRegistry(consul.Address);
        using var host = Host(consul.Address);
        await host.StartAsync();

        var server = (await FoundAsync(registry, service)).Single();
        Assert.Equal((service, "1.2.3", "10.1.2.3", 9001), (server.Id, server.Version, server.Address, server.Port));
        Assert.Equal(
            new Dictionary<string, string> { ["transport"] = "http", ["broker"] = "http", ["server"] = "rpc", ["registry"] = "consul" }, server.Metadata);
        var subscription = (await FoundAsync(registry, $"topic:{service}.healthcheck")).Single();
        Assert.Equal(($"broker-{service}", "the-queue", "10.1.2.3", 9002), (subscription.Id, subscription.Version, subscription.Address, subscription.Port));
        Assert.Equal("false", subscription.Metadata["secure"]);

        await host.StopAsync();
        Assert.Empty(await registry.GetServiceAsync(service));
        Assert.Equal("[]", (await consul.Agent.Http.GetStringAsync(new Uri($"v1/health/service/{service}", UriKind.Relative))).Trim());
        Assert.Equal("[]", (await consul.Agent.Http.GetStringAsync(new Uri($"v1/health/service/topic:{service}.healthcheck", UriKind.Relative))).Trim());
    }

    [Fact]
    public async Task ServiceName_SharedWithGrpc_EachFindsItsOwnOnly()
    {
        using var registry = new GoMicroRegistry(consul.Address);
        using var goMicro = Host(consul.Address);
        using var grpc = GrpcHost(consul.Address);
        await goMicro.StartAsync();
        await grpc.StartAsync();
        await Eventually.UntilAsync("Consul holds both", async ct => (await consul.Client.HealthyAsync(service, cancellationToken: ct)).Entries.Count == 2);

        Assert.Equal([9001], (await registry.GetServiceAsync(service)).Select(node => node.Port));
        Assert.Equal([8001], (await new ConsulAddresses(consul.Client, service).GetAsync()).Select(address => address.Port));

        await goMicro.StopAsync();
        Assert.Empty(await registry.GetServiceAsync(service));
        Assert.Equal([8001], (await new ConsulAddresses(consul.Client, service).GetAsync()).Select(address => address.Port));
        await grpc.StopAsync();
    }

    [Fact]
    public async Task Host_CannotAccept_SubscriptionsAreNotFoundUntilItCan()
    {
        using var registry = new GoMicroRegistry(consul.Address);
        accepts = false;
        using var host = Host(consul.Address);
        await host.StartAsync();
        await FoundAsync(registry, service);
        await Eventually.UntilAsync("the subscription is registered, and critical", async ct =>
            (await consul.Agent.Http.GetStringAsync(new Uri($"v1/health/checks/topic:{service}.healthcheck", UriKind.Relative), ct)).Contains("critical", StringComparison.Ordinal));
        Assert.Empty(await registry.GetServiceAsync($"topic:{service}.healthcheck"));

        (serves, accepts) = (false, true);
        await FoundAsync(registry, $"topic:{service}.healthcheck");
        await Eventually.UntilAsync("the server is not found", async ct => (await registry.GetServiceAsync(service, ct)).Count == 0);
        await host.StopAsync();
    }

    [Fact]
    public async Task Host_ThatHangs_GoesCriticalByItself()
    {
        using var registry = new GoMicroRegistry(consul.Address);
        var hang = new TaskCompletionSource<bool>();
        var asked = 0;
        using var host = Host(consul.Address, canAccept: ct => Interlocked.Increment(ref asked) == 1 ? ValueTask.FromResult(true) : new(hang.Task.WaitAsync(ct)));
        await host.StartAsync();
        await FoundAsync(registry, $"topic:{service}.healthcheck");

        await Eventually.UntilAsync("its time to live is over", async ct => (await registry.GetServiceAsync($"topic:{service}.healthcheck", ct)).Count == 0);

        await host.StopAsync();
    }

    [Fact]
    public async Task Agent_ThatForgot_IsToldAgain()
    {
        await using var agent = await ConsulAgent.StartAsync();
        using var registry = new GoMicroRegistry(agent.Address);
        using var host = Host(agent.Address);
        await host.StartAsync();
        await FoundAsync(registry, service);

        await agent.RestartAsync();

        await FoundAsync(registry, service);
        await FoundAsync(registry, $"topic:{service}.healthcheck");
        await host.StopAsync();
    }

    [Fact]
    public async Task Host_NotToBeRegistered_IsNot()
    {
        using var host = Host(consul.Address, describe: () => null);
        await host.StartAsync();
        await host.StopAsync();
        Assert.DoesNotContain(service, JsonDocument.Parse(await consul.Agent.Http.GetStringAsync(new Uri("v1/agent/services", UriKind.Relative))).RootElement.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_Invalid_StopTheStartAndNameEveryKey()
    {
        using var host = Host(consul.Address, configure: options =>
            (options.TimeToLive, options.CheckPeriod, options.DeregisterCriticalServiceAfter) = (TimeSpan.Zero, TimeSpan.FromHours(1), TimeSpan.FromSeconds(5)));

        var e = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Equal(["TimeToLive", "CheckPeriod", "DeregisterCriticalServiceAfter"], e.Failures.Select(failure => failure.Split(' ')[0]["Consul:GoMicro:".Length..]));
    }

    private static Task<IReadOnlyList<GoMicroNode>> FoundAsync(GoMicroRegistry registry, string name) =>
        Eventually.GetAsync($"an original client finds {name}", ct => registry.GetServiceAsync(name, ct), nodes => nodes.Count == 1);

    private GoMicroServer Server() => new()
    {
        Id = service,
        Name = service,
        Version = "1.2.3",
        Rpc = new("10.1.2.3", 9001),
        Endpoints = [new("Monitor.HealthChecks", null, null, [])],
        Broker = new("10.1.2.3", 9002),
        Queue = "the-queue",
        Subscriptions = [new($"broker-{service}", $"{service}.healthcheck")],
    };

    private IHost Host(
        Uri address, Func<CancellationToken, ValueTask<bool>>? canAccept = null, Func<GoMicroServer?>? describe = null, Action<GoMicroRegistrationOptions>? configure = null)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddConsul(options => options.Addresses.Add(address));
        builder.Services.AddGoMicroRegistration(
            _ => (describe ?? Server)(),
            _ => _ => ValueTask.FromResult(serves),
            _ => canAccept ?? (_ => ValueTask.FromResult(accepts)),
            options =>
            {
                (options.TimeToLive, options.CheckPeriod) = (TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(50));
                configure?.Invoke(options);
            });
        return builder.Build();
    }

    private IHost GrpcHost(Uri address)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddConsul(options => options.Addresses.Add(address));
        builder.Services.AddConsulRegistration(
            _ => _ => ValueTask.FromResult(true),
            options => (options.ServiceName, options.Id, options.Address, options.GrpcPort) = (service, $"{service}-grpc", "10.1.2.3", 8001));
        return builder.Build();
    }
}
