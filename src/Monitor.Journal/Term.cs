using System.IO.Hashing;
using System.Text;

namespace Monitor.Journal;

/// <summary>
/// What a segment's index is looked up by: a partition (its number), to find the batches of it; or a key within a partition (a hash below zero), to find its records.
/// Two keys may share a term: whoever reads a record compares its key. The terms of keys are stored: they never change.
/// </summary>
internal static class Term
{
    public static long OfPartition(int partition) => partition;

    public static long OfKey(int partition, ReadOnlySpan<byte> utf8) => (long)XxHash3.HashToUInt64(utf8, partition) | long.MinValue;

    public static long OfKey(int partition, string key)
    {
        Span<byte> utf8 = stackalloc byte[3 * 1024];
        return OfKey(partition, utf8[..Encoding.UTF8.GetBytes(key, utf8)]);
    }
}
