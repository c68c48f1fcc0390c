using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using Monitor.Protocol;

namespace Monitor.Benchmarks.Load;

/// <summary>A connection that publishes as go-micro's HTTP broker does: one message after the other, of some 400 bytes. Written by hand, so that it takes little from the server.</summary>
internal sealed class BrokerConnection : IDisposable
{
    private readonly TcpClient client = new() { NoDelay = true };
    private readonly CheckIds ids;
    private readonly byte[] answer = new byte[4096];

    // Within the day that reports are kept, and far enough back for all that is sent.
    private readonly long timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 80_000;

    private BrokerConnection(CheckIds ids) => this.ids = ids;

    public long Sent { get; private set; }

    public static async Task<BrokerConnection> OpenAsync(int port, CheckIds ids, CancellationToken cancellationToken)
    {
        var connection = new BrokerConnection(ids);
        await connection.client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        return connection;
    }

    /// <exception cref="InvalidOperationException">It was not answered 200.</exception>
    public async Task PublishAsync(int instance, CancellationToken cancellationToken)
    {
        var stream = client.GetStream();
        await stream.WriteAsync(Request(instance), cancellationToken);
        var length = 0;
        while (answer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            var read = await stream.ReadAsync(answer.AsMemory(length), cancellationToken);
            if (read == 0) throw new InvalidOperationException("The server has closed the connection.");
            length += read;
        }
        if (!answer.AsSpan(0, length).StartsWith("HTTP/1.1 200"u8)) throw new InvalidOperationException(Encoding.UTF8.GetString(answer, 0, length));
        Sent++;
    }

    public void Dispose() => client.Dispose();

    private byte[] Request(int instance)
    {
        var check = new HealthCheck
        {
            Id = ids == CheckIds.Same ? "go.micro.healthcheck.ping" : string.Create(CultureInfo.InvariantCulture, $"go.micro.healthcheck.ping-{instance}"),
            Description = "This is a ping healthcheck that succeeds",
            // Ascending, so that none is late; those of one second differ in their results.
            Timestamp = timestamp + (Sent / 1000),
            Interval = 86_400,
            Ttl = 86_400,
            Status = HealthCheck.Types.Status.Ok,
            Results = { ["msg"] = "a successful check", ["foo"] = "bar", ["metric"] = Sent.ToString(CultureInfo.InvariantCulture), ["label"] = "cruft", ["stats"] = "123.0" },
            Service = new()
            {
                Name = string.Create(CultureInfo.InvariantCulture, $"go-server-{instance / 100}"),
                Version = "1.0.0",
                Nodes = { new Node { Id = string.Create(CultureInfo.InvariantCulture, $"{instance:D8}-e68a-11f1-9e79-fa88b1f2abf0") } },
            },
        };
        var envelope = $$$"""{"Header":{":topic":"micro.monitor.healthcheck","Content-Type":"application/octet-stream"},"Body":"{{{Convert.ToBase64String(check.ToByteArray())}}}"}""";
        return Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"POST /_sub HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: {envelope.Length}\r\nContent-Type: application/json\r\nAccept-Encoding: gzip\r\n\r\n{envelope}"));
    }
}
