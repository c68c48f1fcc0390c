using System.Buffers;
using System.Text;

namespace Monitor.Journal;

/// <summary>What every journal asks of what it is given.</summary>
internal static class Rules
{
    private const int LongestKey = 1024;

    /// <summary>Answers the size of the record's payload.</summary>
    public static int Check(JournalRecord record)
    {
        CheckKey(record.Key);
        if (record.Sequence != 0) throw new ArgumentException($"The record of '{record.Key}' is in the journal already, at {record.Sequence}.", nameof(record));
        return record.Payload.Length;
    }

    public static void CheckKey(string key)
    {
        if (key.Length is 0 or > LongestKey) throw new ArgumentException($"A key has 1 to 1,024 characters, not {key.Length}.", nameof(key));
        if (key.Contains('\0') || (key.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') && !IsWellFormed(key)))
            throw new ArgumentException("A key is well-formed text without U+0000.", nameof(key));
    }

    public static void CheckPartition(Topic topic, int partition, int partitions)
    {
        if (topic is not (Topic.Reports or Topic.Events)) throw new ArgumentOutOfRangeException(nameof(topic), topic, "There is no such topic.");
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, partitions);
    }

    private static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out _, out var length) != OperationStatus.Done) return false;
            text = text[length..];
        }
        return true;
    }
}
