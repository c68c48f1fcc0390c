using Grpc.Net.Client;
using Monitor.Testing.Processes;

namespace Monitor.Benchmarks.Load;

/// <summary>The server that is measured: a process of our own, or one that runs already, of which only the answers are known.</summary>
internal sealed class Target : IAsyncDisposable
{
    private readonly GrpcChannel? channel;

    private Target(SiloProcess? process, Uri? server)
    {
        Process = process;
        if (server is not null) channel = SiloProcess.ChannelTo(server);
        Address = server ?? process!.Grpc;
    }

    public SiloProcess? Process { get; }

    public Uri Address { get; }

    public Protocol.Monitor.MonitorClient Queries => new(channel ?? Process!.Channel);

    public Protocol.Reporter.ReporterClient Reporter => new(channel ?? Process!.Channel);

    public static async Task<Target> OpenAsync(Uri? server, CancellationToken cancellationToken) =>
        server is not null ? new(null, server) : new(await SiloProcess.StartAsync(cancellationToken: cancellationToken), null);

    public ProcessUsage? Usage() => Process?.Usage();

    public async ValueTask DisposeAsync()
    {
        channel?.Dispose();
        if (Process is not null) await Process.DisposeAsync();
    }
}
