using System.Buffers.Text;
using System.Text;

namespace Monitor.Benchmarks.Load;

/// <summary>
/// Writes protobuf from its end to its start: the length of a message is then known when it is written, so that nothing is measured before or moved after.
/// </summary>
internal ref struct BackwardWriter(Span<byte> buffer)
{
    private readonly Span<byte> buffer = buffer;

    /// <summary>Where the message starts so far.</summary>
    public int Start { get; private set; } = buffer.Length;

    public void Varint(int field, ulong value)
    {
        if (value == 0) return;
        Raw(value);
        Raw((ulong)field << 3);
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Start -= value.Length;
        value.CopyTo(buffer[Start..]);
        Length(field, Start + value.Length);
    }

    /// <summary>A string field: text and the number after it.</summary>
    public void Numbered(int field, ReadOnlySpan<byte> text, ulong number)
    {
        var end = Start;
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(number, digits, out var written);
        Start -= written;
        digits[..written].CopyTo(buffer[Start..]);
        Start -= text.Length;
        text.CopyTo(buffer[Start..]);
        Length(field, end);
    }

    /// <summary>Ends, at its front, a field whose content was written from <paramref name="end"/> down.</summary>
    public void Length(int field, int end)
    {
        Raw((ulong)(end - Start));
        Raw(((ulong)field << 3) | 2);
    }

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private void Raw(ulong value)
    {
        var size = 1;
        for (var rest = value >> 7; rest != 0; rest >>= 7) size++;
        Start -= size;
        for (var i = 0; i < size - 1; i++, value >>= 7) buffer[Start + i] = (byte)(value | 0x80);
        buffer[Start + size - 1] = (byte)value;
    }
}
