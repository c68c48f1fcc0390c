using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Monitor.Journal.Tests.Postgres;

/// <summary>A way to a server that breaks at the worst moment.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener listener;
    private readonly CancellationTokenSource stop = new();
    private readonly int serverPort;
    private readonly Task accepting;
    private Cut? armed;
    private int cuts;

    /// <param name="serverPort">Where the server is.</param>
    /// <param name="port">Its own; 0: any.</param>
    public CuttingProxy(int serverPort, int port = 0)
    {
        listener = new(IPAddress.Loopback, port);
        this.serverPort = serverPort;
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>How often it has cut.</summary>
    public int Cuts => Volatile.Read(ref cuts);

    /// <summary>Once: breaks the connection on which the text is sent, before the server has it, or after the server has answered and before the client has that.</summary>
    public void Arm(string text, bool afterAnswer) => armed = new(Encoding.UTF8.GetBytes(text), afterAnswer);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await accepting;
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true) open.Add(ForwardAsync(await listener.AcceptTcpClientAsync(stop.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            await server.ConnectAsync(IPAddress.Loopback, serverPort, stop.Token);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
            var cutAnswer = false;
            var up = PumpAsync(client, server, bytes =>
            {
                if (armed is not { } cut || bytes.IndexOf(cut.Text) < 0) return true;
                armed = null;
                cutAnswer = cut.AfterAnswer;
                if (!cutAnswer) Interlocked.Increment(ref cuts);
                return cutAnswer;
            }, ended.Token);
            var down = PumpAsync(server, client, _ =>
            {
                if (cutAnswer) Interlocked.Increment(ref cuts);
                return !cutAnswer;
            }, ended.Token);
            await Task.WhenAny(up, down);
            await ended.CancelAsync();
            await Task.WhenAll(up, down);
        }
    }

    private static async Task PumpAsync(TcpClient from, TcpClient to, Passes passes, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 16];
        try
        {
            int read;
            while ((read = await from.GetStream().ReadAsync(buffer, cancellationToken)) > 0 && passes(buffer.AsSpan(0, read)))
                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Either side has gone: so does the other.
        }
    }

    private delegate bool Passes(ReadOnlySpan<byte> bytes);

    private sealed record Cut(byte[] Text, bool AfterAnswer);
}
