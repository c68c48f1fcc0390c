using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Monitor.Gateway.GoMicro;

namespace Monitor.Gateway.Tests.GoMicro;

public sealed class GoMicroOptionsTests
{
    [Fact]
    public void Validate_Defaults_AreGoodAndOff()
    {
        Assert.True(new GoMicroOptionsValidator().Validate(null, new()).Succeeded);
        Assert.False(new GoMicroOptions().Enabled);
    }

    [Fact]
    public void Validate_SeveralBadValues_NamesAll()
    {
        var failures = new GoMicroOptionsValidator().Validate(null, new() { Broker = "x", Rpc = "https://127.0.0.1:1", Queue = new('q', 257) }).Failures!;
        Assert.Equal(["Monitor:GoMicro:Broker", "Monitor:GoMicro:Rpc", "Monitor:GoMicro:Queue"], failures.Select(failure => failure.Split(' ')[0]));
    }

    [Fact]
    public void Validate_OneAddressForBoth_IsRefused() => Assert.Contains(
        "each needs an address of its own",
        new GoMicroOptionsValidator().Validate(null, new() { Broker = "http://127.0.0.1:7500", Rpc = "http://127.0.0.1:7500" }).FailureMessage,
        StringComparison.Ordinal);

    [Fact]
    public async Task Start_NotEnabled_ListensOnTheGatewaysOwnPortsOnly()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var addresses = gateway.Services.GetRequiredService<GatewayAddresses>();
        Assert.Throws<InvalidOperationException>(() => addresses.GoMicroBroker);
        Assert.Throws<InvalidOperationException>(() => addresses.GoMicroRpc);
    }

    [Fact]
    public async Task Start_Enabled_ListensOnFourPortsAndTellsThemApart()
    {
        await using var gateway = await GoMicroGateway.StartAsync();
        var addresses = gateway.Gateway.Services.GetRequiredService<GatewayAddresses>();
        Assert.Equal(4, new[] { addresses.Http, addresses.Grpc, addresses.GoMicroBroker, addresses.GoMicroRpc }.Distinct().Count());
        Assert.Equal("Healthy", (await gateway.Gateway.Http.GetStringAsync("/health/live", GatewayFixture.Limit)).Trim());
        // What the other ports serve is not here, nor what is here there.
        Assert.Equal(405, (int)(await gateway.Http.GetAsync(new Uri(gateway.Broker, "/health/live"), GatewayFixture.Limit)).StatusCode);
        Assert.Equal(404, (int)(await gateway.Gateway.Http.PostAsync("/_sub", GoMicroGateway.Json("{}"), GatewayFixture.Limit)).StatusCode);
    }

    [Fact]
    public async Task Start_BadOptions_FailsWithAllOfThem() => await Assert.ThrowsAsync<OptionsValidationException>(
        () => GoMicroGateway.StartAsync(goMicro: options => options.Broker = "nonsense"));
}
