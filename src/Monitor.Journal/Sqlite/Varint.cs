using System.Runtime.CompilerServices;

namespace Monitor.Journal.Sqlite;

/// <summary>Unsigned integers of seven bits a byte, as in protobuf.</summary>
internal static class Varint
{
    public const int MostBytes = 10;

    public static int Size(ulong value) => (640 - System.Numerics.BitOperations.LeadingZeroCount(value | 1) * 9) / 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(Span<byte> destination, ulong value)
    {
        var at = 0;
        for (; value >= 0x80; value >>= 7) destination[at++] = (byte)(value | 0x80);
        destination[at++] = (byte)value;
        return at;
    }

    /// <summary>Reads at the offset and moves it past.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read(ReadOnlySpan<byte> source, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = source[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
    }
}
