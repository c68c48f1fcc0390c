using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Monitor.Client.Tests.Server;
using Monitor.Consul;
using Monitor.Consul.Http;
using Monitor.Protocol;
using Monitor.Testing.Consul;
using Monitor.Testing.Processes;

namespace Monitor.Client.Consul.Tests;

/// <summary>Reporters, real servers with one journal, and a real Consul.</summary>
public sealed class DiscoveryTests : IAsyncLifetime
{
    private readonly string service = $"test-{Guid.NewGuid():N}";
    private readonly SharedJournal journal = new();
    private readonly CollectedLog log = new();
    private TestServer one = null!;
    private TestServer two = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        (one, two) = (await TestServer.StartAsync(), await TestServer.StartAsync());
        one.OnBatch = two.OnBatch = journal.TakeAsync;
    }

    public async ValueTask DisposeAsync()
    {
        await one.DisposeAsync();
        await two.DisposeAsync();
        log.Dispose();
    }

    [Fact]
    public async Task Host_FindByConsul_ReportsToAServerOfTheList()
    {
        await using var agent = await ConsulAgent.StartAsync();
        await RegisterAsync(agent, one);
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["Consul:Addresses:0"] = agent.Address.ToString();
        builder.Configuration["Monitor:Reporter:Server"] = $"consul:///{service}";
        builder.AddMonitorReporter(options => options.Service = "orders").FindByConsul();
        using var host = builder.Build();
        await host.StartAsync(Cancelled);

        await AcceptedAsync(host.Services.GetRequiredService<IMonitorReporter>(), 1);

        await host.StopAsync(Cancelled);
        Assert.Equal(Status.Types.Status.Stopped, one.Statuses[^1]);
    }

    [Fact]
    public async Task Server_Killed_TheOtherTakesOverAndNothingIsLostOrTwice()
    {
        await using var agent = await ConsulAgent.StartAsync();
        await RegisterAsync(agent, one, two);
        await using var reporter = await StartAsync($"consul://{agent.Address.Authority}/{service}");
        await AcceptedAsync(reporter, 1);
        var (mine, other) = one.Connections > 0 ? (one, two) : (two, one);

        for (var i = 0; i < 50; i++)
        {
            reporter.Publish([new Report { Healthcheck = new HealthCheck { Id = $"check-{i}" } }]);
            if (i == 25) await mine.DisposeAsync();
        }

        await Wait.UntilAsync(() => reporter.Counters is var now && now.Accepted + now.Duplicate >= 51, "all to be answered");
        Assert.Equal(Enumerable.Range(1, 51).Select(n => (ulong)n), journal.Sequences);
        Assert.Equal((51, 0), (reporter.Counters.Accepted + reporter.Counters.Duplicate, reporter.Counters.Lost));
        Assert.NotEmpty(other.Batches);
    }

    [Fact]
    public async Task Server_HangsAndIsDroppedByConsul_IsLeft()
    {
        await using var agent = await ConsulAgent.StartAsync();
        await RegisterAsync(agent, one, two);
        await using var reporter = await StartAsync($"consul://{agent.Address.Authority}/{service}");
        await AcceptedAsync(reporter, 1);
        var (mine, other) = one.Connections > 0 ? (one, two) : (two, one);
        var never = new TaskCompletionSource<PublishResponse?>();
        mine.OnBatch = _ => never.Task;
        reporter.Publish([new Report { Healthcheck = new HealthCheck { Id = "after" } }]);
        await Wait.UntilAsync(() => mine.Checks("after").Count > 0, "the batch that is not answered");

        using var consul = Client(agent);
        await consul.UpdateCheckAsync(Id(mine), CheckStatus.Critical, "It hangs.", Cancelled);

        await AcceptedAsync(reporter, 2);
        Assert.NotEmpty(other.Checks("after"));
        Assert.Contains(log.Lines, line => line.Id == 3011);
        never.SetResult(null);
    }

    [Fact]
    public async Task Consul_AwayAtFirst_ServersAreFoundWhenItComes()
    {
        var port = Ports.Free();
        await using var reporter = await StartAsync($"consul://127.0.0.1:{port}/{service}");
        await Wait.UntilAsync(() => log.Lines.Any(line => line.Id == 3003), "the log to say that Consul is away");
        Assert.Contains($"consul://127.0.0.1:{port}/{service}", log.Lines.First(line => line.Id == 3003).Text, StringComparison.Ordinal);

        await using var agent = await ConsulAgent.StartAsync(new() { HttpPort = port });
        await RegisterAsync(agent, one);

        await AcceptedAsync(reporter, 1);
        await reporter.StopAsync(Cancelled);
    }

    [Fact]
    public async Task Consul_Dies_TheListHoldsAlsoWhenItReturnsEmpty()
    {
        await using var agent = await ConsulAgent.StartAsync();
        await RegisterAsync(agent, one, two);
        await using var reporter = await StartAsync($"consul://{agent.Address.Authority}/{service}");
        await AcceptedAsync(reporter, 1);
        var (mine, other) = one.Connections > 0 ? (one, two) : (two, one);

        await agent.KillAsync();
        await Wait.UntilAsync(() => log.Lines.Any(line => line.Id == 4040), "the log to say that Consul is away");
        await mine.DisposeAsync();
        reporter.Publish([new Report { Healthcheck = new HealthCheck { Id = "after" } }]);
        await AcceptedAsync(reporter, 2);
        Assert.NotEmpty(other.Checks("after"));

        await agent.RestartAsync();
        await Wait.UntilAsync(() => log.Lines.Any(line => line.Id == 3100), "the log to say that Consul knows of none");
        reporter.Publish([new Report { Healthcheck = new HealthCheck { Id = "last" } }]);
        await AcceptedAsync(reporter, 3);
        Assert.Equal(1, other.Connections);
    }

    [Fact]
    public void Server_LeftAlone_IsConsulAndConfigurationAndCodeHold()
    {
        Assert.Equal("consul:///go.micro.srv.monitor", ServerOf(null, null));
        Assert.Equal("http://configured:1", ServerOf("http://configured:1", null));
        Assert.Equal("http://coded:1", ServerOf("http://configured:1", "http://coded:1"));

        static string ServerOf(string? configured, string? coded)
        {
            var services = new ServiceCollection();
            var configuration = new ConfigurationManager();
            if (configured is not null) configuration["Monitor:Reporter:Server"] = configured;
            services.AddSingleton<IConfiguration>(configuration);
            services.AddMonitorReporter(options => options.Server = coded ?? options.Server).FindByConsul();
            using var provider = services.BuildServiceProvider();
            return provider.GetRequiredService<IOptions<MonitorReporterOptions>>().Value.Server;
        }
    }

    [Theory]
    [InlineData("consul:///")]
    [InlineData("consul:///a/b")]
    [InlineData("consul:///a,http://b")]
    public async Task Server_Wrong_NamesTheOption(string server)
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(server));
        Assert.StartsWith("Monitor:Reporter:Server is 'consul:///", Assert.Single(exception.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Environment_SaysWhereConsulIs_UnlessSomethingElseDoes()
    {
        await using var agent = await ConsulAgent.StartAsync(new() { Acl = true });
        await RegisterAsync(agent, one);
        var environment = new Dictionary<string, string> { ["CONSUL_HTTP_ADDR"] = agent.Address.Authority, ["CONSUL_HTTP_TOKEN"] = agent.Token! };

        Assert.Single(await FindAsync(new(), environment));
        Assert.Empty(await FindAsync(new() { Token = await agent.CreateTokenAsync("""key_prefix "none" { policy = "read" }""", Cancelled) }, environment));
        var elsewhere = new ConsulOptions();
        elsewhere.Addresses.Add(new($"http://127.0.0.1:{Ports.Free()}"));
        await Assert.ThrowsAsync<ConsulException>(() => FindAsync(elsewhere, environment));

        environment["CONSUL_HTTP_ADDR"] = "unix:///run/consul.sock";
        var scheme = new ConsulAddressScheme(new(), environment.GetValueOrDefault);
        Assert.Contains("CONSUL_HTTP_ADDR is 'unix:///run/consul.sock'", scheme.Fault(new("consul:///a")), StringComparison.Ordinal);
        Assert.Null(scheme.Fault(new("consul://agent:8500/a")));
    }

    [Fact]
    public async Task Environment_SaysWhichCertificates_UnlessTheOptionsDo()
    {
        using var authority = new CertificateAuthority();
        using var stranger = new CertificateAuthority();
        await using var agent = await ConsulAgent.StartAsync(new() { Tls = authority.Issue(), ClientAuthority = authority });
        var (certificate, key) = authority.Issue();
        var environment = new Dictionary<string, string>
        {
            ["CONSUL_HTTP_ADDR"] = agent.Address.ToString(), ["CONSUL_CACERT"] = authority.File, ["CONSUL_CLIENT_CERT"] = certificate, ["CONSUL_CLIENT_KEY"] = key,
        };

        Assert.Empty(await FindAsync(new(), environment));
        await Assert.ThrowsAsync<ConsulException>(() => FindAsync(new() { CaCertificate = stranger.File }, environment));
        var (another, itsKey) = stranger.Issue();
        await Assert.ThrowsAsync<ConsulException>(() => FindAsync(new() { ClientCertificate = another, ClientKey = itsKey }, environment));

        (environment["CONSUL_CACERT"], environment["CONSUL_CLIENT_KEY"]) = ("/nowhere/ca.pem", itsKey);
        var fault = new ConsulAddressScheme(new(), environment.GetValueOrDefault).Fault(new("consul:///a"));
        Assert.Contains("CONSUL_CACERT is '/nowhere/ca.pem'", fault, StringComparison.Ordinal);
        Assert.Contains($"CONSUL_CLIENT_KEY is '{itsKey}': a PEM file with the key of CONSUL_CLIENT_CERT", fault, StringComparison.Ordinal);
    }

    private static Task AcceptedAsync(IMonitorReporter reporter, int reports) =>
        Wait.UntilAsync(() => reporter.Counters is var now && now.Accepted + now.Duplicate >= reports, $"{reports} reports to be accepted");

    private static ConsulClient Client(ConsulAgent agent)
    {
        var options = new ConsulOptions { Token = agent.Token };
        options.Addresses.Add(agent.Address);
        return new(options);
    }

    private async Task<IReadOnlyList<Uri>> FindAsync(ConsulOptions options, Dictionary<string, string> environment)
    {
        var resolver = new ConsulAddressScheme(options, environment.GetValueOrDefault).Resolver(new($"consul:///{service}"), TimeProvider.System, log);
        using (resolver as IDisposable) return await resolver.ResolveAsync(Cancelled);
    }

    private Task<MonitorReporter> StartAsync(string server) => MonitorReporter.StartAsync(
        new MonitorReporterOptions
        {
            Server = server,
            Service = "orders",
            Interval = TimeSpan.FromHours(1),
            AnswerTimeout = TimeSpan.FromMinutes(10),
            AddressSchemes = { new ConsulAddressScheme() },
        },
        log,
        cancellationToken: Cancelled);

    private string Id(TestServer server) => $"{service}-{new Uri(server.Address).Port}";

    private async Task RegisterAsync(ConsulAgent agent, params TestServer[] servers)
    {
        using var consul = Client(agent);
        foreach (var server in servers)
        {
            await consul.RegisterAsync(
                new()
                {
                    Id = Id(server),
                    Name = service,
                    Address = "127.0.0.1",
                    Port = new Uri(server.Address).Port,
                    Meta = new Dictionary<string, string> { [MonitorService.ProtocolKey] = MonitorService.Grpc },
                    Check = new("10m", "passing", null),
                },
                Cancelled);
        }
    }
}
