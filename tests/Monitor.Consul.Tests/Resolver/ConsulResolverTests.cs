using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Consul.Http;
using Monitor.Consul.Resolver;
using Monitor.Protocol;
using Monitor.Testing;
using Monitor.Testing.Consul;
using Monitor.Testing.Processes;
using StatusCode = Grpc.Core.StatusCode;

namespace Monitor.Consul.Tests.Resolver;

public sealed class ConsulResolverTests(SharedConsul consul)
{
    private readonly string service = $"test-{Guid.NewGuid():N}";
    private readonly ConcurrentQueue<ResolverResult> results = [];

    [Fact]
    public async Task Channel_BalancesOverServersAndFollowsThem()
    {
        await using var first = await ServerAsync();
        await using var second = await ServerAsync();
        var (one, two) = (Port(first), Port(second));
        await consul.RegisterAsync(service, one);
        await using var services = new ServiceCollection().AddConsulResolver(options => options.Addresses.Add(consul.Address)).BuildServiceProvider();
        using var channel = GrpcChannel.ForAddress(
            $"consul:///{service}",
            new() { Credentials = ChannelCredentials.Insecure, ServiceProvider = services, HttpHandler = new SocketsHttpHandler { UseProxy = false } });
        var client = new Protocol.Monitor.MonitorClient(channel);

        await Eventually.UntilAsync("the one answers", async _ => (await AskedAsync(client)).SetEquals([one]));
        await consul.RegisterAsync(service, two);
        await Eventually.UntilAsync("both answer", async _ => (await AskedAsync(client)).SetEquals([one, two]));
        await consul.Client.DeregisterAsync($"{service}-{one}");
        await Eventually.UntilAsync("the other answers", async _ => (await AskedAsync(client)).SetEquals([two]));
    }

    [Fact]
    public async Task Start_NoServer_FailsUntilThereIsOne()
    {
        using var resolver = Start(consul.Address);
        var failure = await ResultAsync("a failure", result => result.Status.StatusCode == StatusCode.Unavailable);
        Assert.Contains(service, failure.Status.Detail, StringComparison.Ordinal);

        await consul.RegisterAsync(service, 8001);

        var result = await ResultAsync("the server", result => result.Addresses is [{ EndPoint.Port: 8001 }]);
        Assert.IsType<RoundRobinConfig>(Assert.Single(result.ServiceConfig!.LoadBalancingConfigs));
    }

    [Fact]
    public async Task ConsulAway_KeepsTheListAndFollowsWhenItReturns()
    {
        await using var agent = await ConsulAgent.StartAsync();
        using var client = SharedConsul.ClientOf([agent.Address]);
        await client.RegisterAsync(SharedConsulServices.Registration(service, 8001));
        using var resolver = Start(agent.Address);
        await ResultAsync("the server", result => result.Addresses is [{ EndPoint.Port: 8001 }]);

        // It has then forgotten the server, which is no reason to forget it as well.
        await agent.RestartAsync();
        resolver.Refresh();
        await client.RegisterAsync(SharedConsulServices.Registration(service, 8002));

        await ResultAsync("the new server", result => result.Addresses is [{ EndPoint.Port: 8002 }]);
        Assert.All(results, result => Assert.NotEmpty(result.Addresses!));
        Assert.Equal(2, results.Count);
    }

    [Fact]
    public async Task Start_ConsulAway_FailsAndResolvesWhenItComes()
    {
        var port = Ports.Free();
        using var resolver = Start(new($"http://127.0.0.1:{port}"));
        var failure = await ResultAsync("a failure", result => result.Status.StatusCode == StatusCode.Unavailable);
        Assert.IsType<ConsulException>(failure.Status.DebugException);

        await using var agent = await ConsulAgent.StartAsync(new() { HttpPort = port });
        using var client = SharedConsul.ClientOf([agent.Address]);
        await client.RegisterAsync(SharedConsulServices.Registration(service, 8001));

        await ResultAsync("the server", result => result.Addresses is [{ EndPoint.Port: 8001 }]);
    }

    [Fact]
    public async Task Address_WithAnAuthority_AsksThatAgent()
    {
        await consul.RegisterAsync(service, 8001);
        using var resolver = Create(new ConsulResolverFactory(), $"consul://{consul.Address.Authority}/{service}");

        resolver.Start(results.Enqueue);

        await ResultAsync("the server", result => result.Addresses is [{ EndPoint.Port: 8001 }]);
    }

    [Theory]
    [InlineData("consul:///")]
    [InlineData("consul:///a/b")]
    public void Address_WithoutAService_IsRefused(string address) => Assert.Throws<ArgumentException>(() => Create(new ConsulResolverFactory(), address));

    private static ConsulResolver Create(ConsulResolverFactory factory, string address) =>
        factory.Create(new Uri(address), balance: true, NullLoggerFactory.Instance);

    private ConsulResolver Start(Uri agent)
    {
        var options = new ConsulOptions();
        options.Addresses.Add(agent);
        var resolver = Create(new ConsulResolverFactory(options), $"consul:///{service}");
        resolver.Start(results.Enqueue);
        return resolver;
    }

    private Task<ResolverResult> ResultAsync(string what, Func<ResolverResult, bool> wanted) =>
        Eventually.GetAsync($"the resolver tells {what}", _ => Task.FromResult(results.FirstOrDefault(wanted)!), static result => result is not null);

    /// <summary>The ports that several calls came to.</summary>
    private static async Task<HashSet<int>> AskedAsync(Protocol.Monitor.MonitorClient client)
    {
        HashSet<int> ports = [];
        for (var i = 0; i < 6; i++)
        {
            var answer = await client.ServicesAsync(new(), new CallOptions(deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(5)));
            ports.Add(int.Parse(answer.Services.Single().Name, System.Globalization.CultureInfo.InvariantCulture));
        }

        return ports;
    }

    private static async Task<WebApplication> ServerAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.WebHost.UseShutdownTimeout(TimeSpan.Zero);
        var application = builder.Build();
        application.MapGrpcService<PortService>();
        await application.StartAsync();
        return application;
    }

    private static int Port(WebApplication application) => new Uri(application.Urls.Single()).Port;

    /// <summary>Answers the port that it listens at.</summary>
    private sealed class PortService(IServer server) : Protocol.Monitor.MonitorBase
    {
        public override Task<ServicesResponse> Services(ServicesRequest request, ServerCallContext context) => Task.FromResult(new ServicesResponse
        {
            Services = { new Service { Name = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port.ToString(System.Globalization.CultureInfo.InvariantCulture) } },
        });
    }
}
