using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monitor.Gateway.Grains;
using Monitor.Gateway.Ingest;
using Monitor.Gateway.Tests.Fakes;
using Monitor.Protocol;

namespace Monitor.Gateway.Tests;

/// <summary>The gateway on free ports of loopback, over a cluster and a log that the test holds.</summary>
internal sealed class GatewayFixture : IAsyncDisposable
{
    private readonly WebApplication app;

    private GatewayFixture(WebApplication app, FakeCluster cluster, FakeReportLog log)
    {
        this.app = app;
        Cluster = cluster;
        Log = log;
        var addresses = app.Services.GetRequiredService<GatewayAddresses>();
        Channel = GrpcChannel.ForAddress(addresses.Grpc);
        Http = new HttpClient { BaseAddress = addresses.Http };
        Monitor = new(Channel);
        Reporter = new(Channel);
    }

    /// <summary>Ends what a test waits for in vain.</summary>
    public static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    public FakeCluster Cluster { get; }

    public FakeReportLog Log { get; }

    public GrpcChannel Channel { get; }

    public HttpClient Http { get; }

    public Protocol.Monitor.MonitorClient Monitor { get; }

    public Reporter.ReporterClient Reporter { get; }

    public IServiceProvider Services => app.Services;

    public static async Task<GatewayFixture> StartAsync(
        Action<FakeCluster>? cluster = null, Action<GatewayOptions>? configure = null, Action<IServiceCollection>? services = null, ILoggerProvider? logger = null,
        Action<WebApplicationBuilder>? build = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        if (logger is not null) builder.Logging.AddProvider(logger);
        var fakes = new FakeCluster();
        cluster?.Invoke(fakes);
        var log = new FakeReportLog();
        builder.Services.AddSingleton<IGrains>(fakes).AddSingleton<IReportLog>(log);
        services?.Invoke(builder.Services);
        builder.AddMonitorGateway(options =>
        {
            options.Http = options.Grpc = "http://127.0.0.1:0";
            configure?.Invoke(options);
        });
        build?.Invoke(builder);
        var app = builder.Build();
        app.MapMonitorGateway();
        await app.StartAsync();
        return new(app, fakes, log);
    }

    public Task StopAsync() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        Http.Dispose();
        await app.DisposeAsync();
    }

    public static Report Check(string id = "check", long? timestamp = null) => new()
    {
        Healthcheck = new() { Id = id, Timestamp = timestamp ?? TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), Interval = 60, Status = HealthCheck.Types.Status.Ok },
    };

    public static PublishRequest Batch(ulong id, params Report[] reports) =>
        new() { Id = id, Service = new() { Name = "go-server", Id = "i-1", Version = "1.0.0" }, Reports = { reports } };
}
