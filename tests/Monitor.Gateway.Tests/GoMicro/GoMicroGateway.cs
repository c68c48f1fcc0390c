using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Monitor.Gateway.GoMicro;
using Monitor.Gateway.GoMicro.Broker;
using Monitor.Gateway.Tests.Fakes;
using Monitor.Protocol;

namespace Monitor.Gateway.Tests.GoMicro;

/// <summary>The gateway with go-micro's ports, and a clock that stands at the time of the recordings.</summary>
internal sealed class GoMicroGateway : IAsyncDisposable
{
    public static readonly DateTimeOffset RecordedAt = DateTimeOffset.FromUnixTimeSeconds(1_795_362_100);

    private GoMicroGateway(GatewayFixture gateway, FakeTimeProvider clock)
    {
        Gateway = gateway;
        Clock = clock;
        var addresses = gateway.Services.GetRequiredService<GatewayAddresses>();
        (Broker, Rpc) = (addresses.GoMicroBroker, addresses.GoMicroRpc);
    }

    public GatewayFixture Gateway { get; }

    public FakeTimeProvider Clock { get; }

    public FakeReportLog Log => Gateway.Log;

    public Uri Broker { get; }

    public Uri Rpc { get; }

    public HttpClient Http { get; } = new();

    public static async Task<GoMicroGateway> StartAsync(
        Action<FakeCluster>? cluster = null, Action<GatewayOptions>? configure = null, Action<GoMicroOptions>? goMicro = null, Action<IServiceCollection>? services = null,
        Action<WebApplicationBuilder>? build = null)
    {
        var clock = new FakeTimeProvider(RecordedAt);
        return new(
            await GatewayFixture.StartAsync(cluster, configure, all =>
            {
                all.AddSingleton<TimeProvider>(clock);
                all.Configure<GoMicroOptions>(options =>
                {
                    options.Enabled = true;
                    options.Broker = options.Rpc = "http://127.0.0.1:0";
                    goMicro?.Invoke(options);
                });
                services?.Invoke(all);
            }, build: build),
            clock);
    }

    /// <summary>The id under which Consul would have the subscription of a topic.</summary>
    public string SubscriptionOf(string topic) => Gateway.Services.GetRequiredService<Subscriptions>().IdOf(Subscriptions.Find(topic)!);

    public async Task<(int Status, string Text)> PublishAsync(HttpContent body, string query = "")
    {
        using var response = await Http.PostAsync(new Uri(Broker, $"/_sub{query}"), body, GatewayFixture.Limit);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(GatewayFixture.Limit));
    }

    public async Task<string> CallJsonAsync(string body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Rpc) { Content = new StringContent(body, null, "application/json") };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Http.SendAsync(request, GatewayFixture.Limit);
        Assert.Equal(200, (int)response.StatusCode);
        return await response.Content.ReadAsStringAsync(GatewayFixture.Limit);
    }

    public static HealthCheck Check(string id = "check") => new()
    {
        Id = id,
        Timestamp = RecordedAt.ToUnixTimeSeconds() - 1,
        Interval = 60,
        Ttl = 3600,
        Status = HealthCheck.Types.Status.Ok,
        Service = new() { Name = "go-server", Version = "1.0.0", Nodes = { new Node { Id = "node-1" } } },
    };

    public static string Envelope(string topic, string contentType, byte[] body) =>
        $$$"""{"Header":{":topic":"{{{topic}}}","Content-Type":"{{{contentType}}}"},"Body":"{{{Convert.ToBase64String(body)}}}"}""";

    public static string Envelope(IMessage? report = null) => Envelope("micro.monitor.healthcheck", "application/octet-stream", (report ?? Check()).ToByteArray());

    public static StringContent Json(string json) => new(json, null, "application/json");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Gateway.DisposeAsync();
    }
}
