using System.Net;
using System.Net.Sockets;

namespace Monitor.Client.Tests.Server;

/// <summary>Stands before a server, and can hang as a process that was stopped does: its connections stay, and nothing comes through.</summary>
internal sealed class FreezingProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly TaskCompletionSource never = new();
    private readonly int target;
    private readonly Task running;
    private volatile bool frozen;

    public FreezingProxy(string server)
    {
        target = new Uri(server).Port;
        listener.Start();
        running = AcceptAsync();
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    public void Freeze() => frozen = true;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        never.TrySetCanceled();
        listener.Dispose();
        await running;
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true) connections.Add(ForwardAsync(await listener.AcceptTcpClientAsync(stop.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, target, stop.Token);
                await Task.WhenAny(CopyAsync(client.GetStream(), server.GetStream()), CopyAsync(server.GetStream(), client.GetStream()));
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                // Its connection ends with it.
            }
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to)
    {
        try
        {
            var buffer = new byte[16 * 1024];
            while (await from.ReadAsync(buffer, stop.Token) is var read and > 0)
            {
                if (frozen) await never.Task;
                await to.WriteAsync(buffer.AsMemory(0, read), stop.Token);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One side is gone.
        }
    }
}
