using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Monitor.Testing.GoMicro;

/// <summary>An HTTP message as bytes: as it was recorded, or as it comes from a socket.</summary>
public sealed record RawHttp(string FirstLine, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    private static readonly byte[] EndOfHead = "\r\n\r\n"u8.ToArray();

    // Ends what a test waits for in vain.
    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    /// <summary>A request of the original's clients, or an answer of the original, by its file's name.</summary>
    public static RawHttp Recorded(string file) => Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "GoMicro", "Recorded", file)));

    /// <summary>A whole message.</summary>
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

    /// <summary>The message as it goes over the wire.</summary>
    public byte[] ToBytes() =>
        [.. Encoding.Latin1.GetBytes($"{FirstLine}\r\n{string.Concat(Headers.Select(header => $"{header.Key}: {header.Value}\r\n"))}\r\n"), .. Body];

    /// <summary>Sends bytes, and reads one answer.</summary>
    public static async Task<RawHttp> ExchangeAsync(Uri to, byte[] request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(to.Host, to.Port, Limit);
        var stream = client.GetStream();
        await stream.WriteAsync(request, Limit);
        return await ReadAsync(stream);
    }

    /// <summary>Reads one answer.</summary>
    public static async Task<RawHttp> ReadAsync(Stream stream)
    {
        using var received = new MemoryStream();
        var buffer = new byte[4096];
        while (true)
        {
            var read = await stream.ReadAsync(buffer, Limit);
            received.Write(buffer, 0, read);
            var all = received.ToArray();
            if (all.AsSpan().IndexOf(EndOfHead) < 0)
            {
                if (read == 0) throw new EndOfStreamException($"The connection ended within the head of an answer, after {all.Length} bytes.");
                continue;
            }
            var message = Parse(all);
            var length = message.Headers.TryGetValue("Content-Length", out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : int.MaxValue;
            if (read == 0 || message.Body.Length >= length || message.Headers.ContainsKey("Transfer-Encoding")) return message;
        }
    }
}
