using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Monitor.Consul.Http;
using Monitor.Consul.Registration;
using Monitor.Testing;
using Monitor.Testing.Consul;
using Monitor.Testing.Processes;

namespace Monitor.Consul.Tests.Registration;

public sealed class ConsulRegistrationTests(SharedConsul consul)
{
    private readonly string service = $"test-{Guid.NewGuid():N}";
    private volatile bool serves = true;

    [Fact]
    public async Task Host_WhileItRuns_IsRegisteredAndHealthy()
    {
        using var host = Host(consul.Address);
        await host.StartAsync();

        var entry = await HealthyAsync(consul.Client);

        Assert.Equal(("10.1.2.3", 8001), (entry.Service.Address, entry.Service.Port));
        Assert.Equal(["grpc", "blue"], entry.Service.Tags!);
        Assert.Equal(
            new Dictionary<string, string> { ["monitor-protocol"] = "grpc", ["monitor-http-port"] = "8000", ["monitor-version"] = "1.2.3" }, entry.Service.Meta);

        await host.StopAsync();
        Assert.Empty(await AllAsync(consul.Agent));
    }

    [Fact]
    public async Task Host_CannotServe_IsUnhealthyUntilItCan()
    {
        serves = false;
        using var host = Host(consul.Address);
        await host.StartAsync();
        await Eventually.UntilAsync("it is registered and critical", async _ => (await AllAsync(consul.Agent)).Contains("critical", StringComparison.Ordinal));
        Assert.Empty((await consul.Client.HealthyAsync(service)).Entries);

        serves = true;
        await HealthyAsync(consul.Client);

        serves = false;
        await Eventually.UntilAsync("it is unhealthy", async ct => (await consul.Client.HealthyAsync(service, cancellationToken: ct)).Entries.Count == 0);
        await host.StopAsync();
    }

    [Fact]
    public async Task Check_ThatThrows_CountsAsCannotServe()
    {
        using var host = Host(consul.Address, canServe: _ => throw new InvalidOperationException("broken"));
        await host.StartAsync();

        await Eventually.UntilAsync("it is registered and critical", async _ => (await AllAsync(consul.Agent)).Contains("critical", StringComparison.Ordinal));

        await host.StopAsync();
    }

    [Fact]
    public async Task Host_ThatHangs_GoesCriticalByItself()
    {
        var hang = new TaskCompletionSource<bool>();
        var asked = 0;
        using var host = Host(consul.Address, canServe: ct => Interlocked.Increment(ref asked) == 1 ? ValueTask.FromResult(true) : new(hang.Task.WaitAsync(ct)));
        await host.StartAsync();
        await HealthyAsync(consul.Client);

        await Eventually.UntilAsync("its time to live is over", async ct => (await consul.Client.HealthyAsync(service, cancellationToken: ct)).Entries.Count == 0);

        await host.StopAsync();
        Assert.Empty(await AllAsync(consul.Agent));
    }

    [Fact]
    public async Task Agent_ThatForgot_IsToldAgain()
    {
        await using var agent = await ConsulAgent.StartAsync();
        using var client = SharedConsul.ClientOf([agent.Address]);
        using var host = Host(agent.Address);
        await host.StartAsync();
        await HealthyAsync(client);

        await agent.RestartAsync();

        await HealthyAsync(client);
        await client.DeregisterAsync(service);
        await HealthyAsync(client);
        await host.StopAsync();
    }

    [Fact]
    public async Task Host_StartedAndStoppedWithoutConsul_IsNotHeldUp()
    {
        var port = Ports.Free();
        using var host = Host(new($"http://127.0.0.1:{port}"));
        await host.StartAsync();

        await using (var agent = await ConsulAgent.StartAsync(new() { HttpPort = port }))
        {
            using var client = SharedConsul.ClientOf([agent.Address]);
            await HealthyAsync(client);
        }

        await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Options_Invalid_StopTheStartAndNameEveryKey()
    {
        using var host = Host(consul.Address, options =>
        {
            (options.ServiceName, options.Id, options.Address, options.GrpcPort, options.HttpPort) = ("", " ", "a b", 0, 70000);
            (options.TimeToLive, options.CheckPeriod, options.DeregisterCriticalServiceAfter) = (TimeSpan.Zero, TimeSpan.FromHours(1), TimeSpan.FromSeconds(5));
        });

        var e = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Equal(
            ["ServiceName", "Id", "Address", "GrpcPort", "HttpPort", "TimeToLive", "CheckPeriod", "DeregisterCriticalServiceAfter"],
            e.Failures.Select(failure => failure.Split(' ')[0]["Consul:Registration:".Length..]));
    }

    private async Task<ServiceEntry> HealthyAsync(ConsulClient client) => (await Eventually.GetAsync(
        "it is registered and healthy", async ct => (await client.HealthyAsync(service, cancellationToken: ct)).Entries, entries => entries.Count == 1)).Single();

    /// <summary>The checks of the service, healthy or not, as JSON; empty where there is none.</summary>
    private async Task<string> AllAsync(ConsulAgent agent)
    {
        var checks = await agent.Http.GetStringAsync(new Uri($"v1/health/checks/{service}", UriKind.Relative));
        return checks.Trim() == "[]" ? "" : checks;
    }

    private IHost Host(Uri address, Action<ConsulRegistrationOptions>? configure = null, Func<CancellationToken, ValueTask<bool>>? canServe = null)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddConsul(options => options.Addresses.Add(address));
        builder.Services.AddConsulRegistration(
            _ => canServe ?? (_ => ValueTask.FromResult(serves)),
            options =>
            {
                (options.ServiceName, options.Id, options.Address, options.GrpcPort, options.HttpPort, options.Version) = (service, service, "10.1.2.3", 8001, 8000, "1.2.3");
                options.Tags.Add("blue");
                (options.TimeToLive, options.CheckPeriod) = (TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(50));
                configure?.Invoke(options);
            });
        return builder.Build();
    }
}
