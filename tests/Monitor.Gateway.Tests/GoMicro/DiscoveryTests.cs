using Microsoft.Extensions.DependencyInjection;
using Monitor.Consul.GoMicro;
using Monitor.Consul.Http;
using Monitor.Testing;
using Monitor.Testing.Consul;
using Monitor.Testing.GoMicro;

namespace Monitor.Gateway.Tests.GoMicro;

/// <summary>From the look-up in Consul to the journal, by a reporter that does what go-os/monitor does.</summary>
public sealed class DiscoveryTests
{
    [Theory]
    [InlineData("the-queue", 1)]
    [InlineData("", 2)]
    public async Task Reporter_TwoGateways_EachMessageGoesToOneOfAQueueAndToAllWithout(string queue, int copies)
    {
        await using var consul = await ConsulAgent.StartAsync();
        await using var first = await StartAsync(consul.Address, queue);
        await using var second = await StartAsync(consul.Address, queue);
        using var registry = new GoMicroRegistry(consul.Address);
        foreach (var topic in new[] { "healthcheck", "status", "stats" })
        {
            await Eventually.UntilAsync(
                $"both subscribe to {topic}", async ct => (await registry.GetServiceAsync($"topic:micro.monitor.{topic}", ct)).Count == 2);
        }
        using var publisher = new GoMicroPublisher(registry);
        var reporter = new GoMicroReporter(publisher, "go-server", "node-1", TimeSpan.FromSeconds(1), clock: first.Clock).RegisterExample();

        List<PublishedReport> published = [await reporter.StartAsync(), .. await reporter.TickAsync(), await reporter.StopAsync()];

        Assert.Equal(6, published.Count);
        Assert.All(published, report => Assert.True(report.Acknowledged, string.Join(' ', report.Deliveries)));
        Assert.All(published, report => Assert.Equal(copies, report.Deliveries.Count));
        var taken = first.Log.Payloads.Concat(second.Log.Payloads).Select(payload => payload.Reports.Single()).ToArray();
        Assert.Equal(6 * copies, taken.Length);
        // Copies are the same to the byte, by which their instance tells them.
        Assert.Equal(6, taken.Distinct().Count());
    }

    [Fact]
    public async Task Client_LooksUpAndAsks_IsAnswered()
    {
        await using var consul = await ConsulAgent.StartAsync();
        await using var gateway = await StartAsync(consul.Address, "the-queue");
        using var registry = new GoMicroRegistry(consul.Address);

        var server = (await Eventually.GetAsync("the server is found", ct => registry.GetServiceAsync("go.micro.srv.monitor", ct), nodes => nodes.Count == 1)).Single();

        Assert.Equal(gateway.Rpc, new Uri($"http://{server.Address}:{server.Port}"));
        var answer = await RawHttp.Recorded("rpc-08-Monitor.Nope.req.http").SendAsync(new($"http://{server.Address}:{server.Port}"));
        Assert.Equal(RawHttp.Recorded("rpc-08-Monitor.Nope.rsp.http").Body, answer.Body);
        var entries = (await new ConsulClient(Options(consul.Address)).HealthyAsync("go.micro.srv.monitor")).Entries;
        Assert.Equal(
            ["Monitor.HealthChecks", "Monitor.Services", "Monitor.Status", "Monitor.Stats"],
            RegistryTags.EndpointsOf(entries.Single().Service.Tags!).Select(endpoint => endpoint.Name));
    }

    private static ConsulOptions Options(Uri consul)
    {
        var options = new ConsulOptions();
        options.Addresses.Add(consul);
        return options;
    }

    private static Task<GoMicroGateway> StartAsync(Uri consul, string queue) => GoMicroGateway.StartAsync(
        goMicro: options => options.Queue = queue,
        build: builder =>
        {
            builder.Services.AddConsul(options => options.Addresses.Add(consul));
            // The clock of the gateway stands: the registration tells what it is told once.
            builder.AddGoMicroRegistration(_ => "127.0.0.1", _ => _ => ValueTask.FromResult(true), configure: options => options.TimeToLive = TimeSpan.FromMinutes(10));
        });
}
