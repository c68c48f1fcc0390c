using Grpc.Net.Client;
using Monitor.LocalCluster;
using ProtocolMonitor = Monitor.Protocol.Monitor;

namespace Monitor.Chaos.Tests;

/// <summary>A gateway of the cluster, asked directly.</summary>
internal sealed class Gateway(Member member) : IDisposable
{
    private readonly GrpcChannel channel = GrpcChannel.ForAddress(member.Grpc!, new()
    {
        HttpHandler = new SocketsHttpHandler { UseProxy = false },
        DisposeHttpClient = true,
        InitialReconnectBackoff = TimeSpan.FromMilliseconds(50),
        MaxReconnectBackoff = TimeSpan.FromMilliseconds(200),
    });

    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = member.Http, Timeout = TimeSpan.FromSeconds(5) };

    public string Name => member.Name;

    /// <summary>HTTP JSON.</summary>
    public HttpClient Http => http;

    public ProtocolMonitor.MonitorClient Queries => new(channel);

    public Protocol.Reporter.ReporterClient Reporter => new(channel);

    public void Dispose()
    {
        channel.Dispose();
        http.Dispose();
    }
}
