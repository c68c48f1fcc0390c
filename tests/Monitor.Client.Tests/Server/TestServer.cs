using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monitor.Protocol;

namespace Monitor.Client.Tests.Server;

/// <summary>A real gRPC server of Reporter that records what it is sent, and misbehaves as it is told.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Lock gate = new();
    private readonly List<Received> received = [];
    private int connections;

    private TestServer(WebApplication app, string address) => (this.app, Address) = (app, address);

    public string Address { get; }

    public int Connections => Volatile.Read(ref connections);

    /// <summary>Decides what is done with a batch; null: taken and answered.</summary>
    public Func<Received, Task<PublishResponse?>>? OnBatch { get; set; }

    /// <summary>Collects answers until they are as many, and then sends them in reverse.</summary>
    public int ReverseOf { get; set; } = 1;

    public IReadOnlyList<Received> Batches
    {
        get
        {
            lock (gate) return [.. received];
        }
    }

    public IReadOnlyList<Report> Reports => [.. Batches.SelectMany(batch => batch.Request.Reports)];

    public IReadOnlyList<Status.Types.Status> Statuses => [.. Reports.Where(report => report.Status is not null).Select(report => report.Status.Status_)];

    public IReadOnlyList<HealthCheck> Checks(string id) => [.. Reports.Where(report => report.Healthcheck?.Id == id).Select(report => report.Healthcheck)];

    public static async Task<TestServer> StartAsync(int port = 0, IPAddress? ip = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(ip ?? IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        TestServer? self = null;
        builder.Services.AddSingleton(_ => self!);
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        var app = builder.Build();
        app.MapGrpcService<RecordingReporter>();
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return self = new TestServer(app, address);
    }

    public int Connect() => Interlocked.Increment(ref connections);

    public void Record(Received batch)
    {
        lock (gate) received.Add(batch);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }
}

internal sealed record Received(PublishRequest Request, int Connection, Action Abort);
