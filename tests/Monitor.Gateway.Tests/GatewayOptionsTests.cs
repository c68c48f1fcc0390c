using Microsoft.Extensions.Options;

namespace Monitor.Gateway.Tests;

public sealed class GatewayOptionsTests
{
    [Fact]
    public void Validate_Defaults_AreGood() => Assert.True(new GatewayOptionsValidator().Validate(null, new()).Succeeded);

    [Theory]
    [InlineData("http://0.0.0.0:80")]
    [InlineData("http://[::1]:7400")]
    [InlineData("http://localhost:0")]
    public void Validate_Address_IsGood(string address) => Assert.True(new GatewayOptionsValidator().Validate(null, new() { Http = address }).Succeeded);

    public static TheoryData<string, Action<GatewayOptions>> Bad => new()
    {
        { "Monitor:Http", options => options.Http = "nonsense" },
        { "Monitor:Http", options => options.Http = "https://127.0.0.1:7400" },
        { "Monitor:Http", options => options.Http = "http://127.0.0.1:7400/path" },
        { "Monitor:Grpc", options => options.Grpc = "http://host.example:7401" },
        { "Monitor:Http and Monitor:Grpc", options => options.Grpc = options.Http },
        { "Monitor:MaxInFlightBytes ", options => options.MaxInFlightBytes = 1 },
        { "Monitor:MaxInFlightBytesPerStream", options => options.MaxInFlightBytesPerStream = 1L << 40 },
        { "Monitor:MaxInFlightBatchesPerStream", options => options.MaxInFlightBatchesPerStream = 0 },
        { "Monitor:CatchUpWait", options => options.CatchUpWait = TimeSpan.FromSeconds(-1) },
    };

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void Validate_BadValue_NamesTheKey(string key, Action<GatewayOptions> spoil)
    {
        var options = new GatewayOptions();
        spoil(options);
        var result = new GatewayOptionsValidator().Validate(null, options);
        Assert.Contains(result.Failures!, failure => failure.StartsWith(key, StringComparison.Ordinal));
    }

    [Fact]
    public void Validate_SeveralBadValues_NamesAll()
    {
        var failures = new GatewayOptionsValidator().Validate(null, new() { Http = "x", Grpc = "y" }).Failures!;
        Assert.Equal(2, failures.Count());
    }

    [Fact]
    public async Task Start_BadOptions_FailsWithAllOfThem() =>
        await Assert.ThrowsAsync<OptionsValidationException>(() => GatewayFixture.StartAsync(configure: options => options.MaxInFlightBytes = 0));
}
