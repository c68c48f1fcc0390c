using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Monitor.Gateway.Tests.GoMicro;

/// <summary>An HTTP message as bytes: as it was recorded, or as it comes from a socket.</summary>
internal sealed record RawHttp(string FirstLine, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    private static readonly byte[] EndOfHead = "\r\n\r\n"u8.ToArray();

    public static RawHttp Recorded(string file) => Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "GoMicro", "Recorded", file)));

    public static RawHttp Parse(byte[] message)
    {
        var end = message.AsSpan().IndexOf(EndOfHead);
        var lines = Encoding.Latin1.GetString(message, 0, end).Split("\r\n");
        return new(
            lines[0],
            lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase),
            message[(end + EndOfHead.Length)..]);
    }

    /// <summary>Sends it as it is, and reads one answer with a length.</summary>
    public Task<RawHttp> SendAsync(Uri to) => ExchangeAsync(to, ToBytes());

    public byte[] ToBytes() =>
        [.. Encoding.Latin1.GetBytes($"{FirstLine}\r\n{string.Concat(Headers.Select(header => $"{header.Key}: {header.Value}\r\n"))}\r\n"), .. Body];

    /// <summary>Sends bytes, and reads one answer.</summary>
    public static async Task<RawHttp> ExchangeAsync(Uri to, byte[] request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(to.Host, to.Port, GatewayFixture.Limit);
        var stream = client.GetStream();
        await stream.WriteAsync(request, GatewayFixture.Limit);
        return await ReadAsync(stream);
    }

    public static async Task<RawHttp> ReadAsync(Stream stream)
    {
        using var received = new MemoryStream();
        var buffer = new byte[4096];
        while (true)
        {
            var read = await stream.ReadAsync(buffer, GatewayFixture.Limit);
            received.Write(buffer, 0, read);
            var all = received.ToArray();
            if (all.AsSpan().IndexOf(EndOfHead) < 0)
            {
                Assert.NotEqual(0, read);
                continue;
            }
            var message = Parse(all);
            var length = message.Headers.TryGetValue("Content-Length", out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : int.MaxValue;
            if (read == 0 || message.Body.Length >= length || message.Headers.ContainsKey("Transfer-Encoding")) return message;
        }
    }
}
