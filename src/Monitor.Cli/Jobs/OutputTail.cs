using System.Text;

namespace Monitor.Cli.Jobs;

/// <summary>The last lines of an endless output, in bounded memory.</summary>
internal sealed class OutputTail
{
    public const int MaxLines = 20;
    public const int MaxBytes = 8 * 1024;

    private readonly Lock gate = new();
    private readonly byte[] ring = new byte[MaxBytes];
    private long written;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            written += bytes.Length;
            if (bytes.Length > MaxBytes)
                bytes = bytes[^MaxBytes..];
            var at = (int)((written - bytes.Length) % MaxBytes);
            var first = Math.Min(bytes.Length, MaxBytes - at);
            bytes[..first].CopyTo(ring.AsSpan(at));
            bytes[first..].CopyTo(ring);
        }
    }

    /// <summary>At most <see cref="MaxLines"/> lines and <see cref="MaxBytes"/> bytes of UTF-8, without the last line's end.</summary>
    public override string ToString()
    {
        byte[] bytes;
        lock (gate)
        {
            var count = (int)Math.Min(written, MaxBytes);
            bytes = new byte[count];
            for (var i = 0; i < count; i++)
                bytes[i] = ring[(written - count + i) % MaxBytes];
            // What was cut inside a character starts with the next one.
            if (written > MaxBytes)
                bytes = bytes[bytes.Take(3).TakeWhile(b => (b & 0xC0) == 0x80).Count()..];
        }

        var text = Encoding.UTF8.GetString(bytes).ReplaceLineEndings("\n").TrimEnd('\n');
        var start = text.Length;
        for (var line = 0; line < MaxLines && start > 0; line++)
            start = start == 0 ? 0 : text.LastIndexOf('\n', start - 1) is var end && end < 0 ? 0 : end;
        return Bound(text[start..].TrimStart('\n'));
    }

    // Bytes that are no UTF-8 were replaced, each by three.
    private static string Bound(string text)
    {
        while (Encoding.UTF8.GetByteCount(text) is var count && count > MaxBytes)
        {
            var cut = Math.Max(1, (count - MaxBytes) / 3);
            text = text[(cut + (char.IsLowSurrogate(text[cut]) ? 1 : 0))..];
        }

        return text;
    }
}
