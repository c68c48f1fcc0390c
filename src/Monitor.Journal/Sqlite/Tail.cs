namespace Monitor.Journal.Sqlite;

/// <summary>The newest records of a partition, without gaps up to its head; so that a reader just behind the head never goes to the file.</summary>
internal sealed class Tail
{
    private readonly Lock gate = new();
    private JournalRecord?[] ring = [];
    private long first = 1;
    private int count;

    public void Append(List<JournalRecord> records)
    {
        lock (gate)
        {
            if (count == 0) first = records[0].Sequence;
            if (count + records.Count > ring.Length) Grow(count + records.Count);
            foreach (var record in records) ring[Slot(record.Sequence)] = record;
            count += records.Count;
        }
    }

    public void DropOldest(int records)
    {
        lock (gate)
        {
            for (; records > 0; records--, count--) ring[Slot(first++)] = null;
        }
    }

    /// <summary>The record of a sequence; null where it is too old to be here, or not here yet.</summary>
    public JournalRecord? Find(long sequence)
    {
        lock (gate) return sequence >= first && sequence < first + count ? ring[Slot(sequence)] : null;
    }

    /// <summary>Records from a sequence to a head within the limits; null where the first of them is not here.</summary>
    public JournalRecord[]? Read(long from, long head, int maxRecords, int maxBytes)
    {
        lock (gate)
        {
            if (from < first || from >= first + count) return null;
            var most = (int)Math.Min(maxRecords, Math.Min(head, first + count - 1) - from + 1);
            var bytes = 0L;
            var taken = 0;
            for (; taken < most; taken++)
            {
                bytes += ring[Slot(from + taken)]!.Payload.Length;
                if (taken > 0 && bytes > maxBytes) break;
            }
            var records = new JournalRecord[taken];
            for (var i = 0; i < taken; i++) records[i] = ring[Slot(from + i)]!;
            return records;
        }
    }

    // The length of the ring is a power of two.
    private int Slot(long sequence) => (int)(sequence & (ring.Length - 1));

    private void Grow(int needed)
    {
        var old = ring;
        ring = new JournalRecord?[Math.Max(64, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)needed))];
        for (var sequence = first; sequence < first + count; sequence++) ring[Slot(sequence)] = old[(int)(sequence & (old.Length - 1))];
    }
}

/// <summary>Keeps the tails of all partitions within one bound by dropping what is oldest of all. The writer's alone.</summary>
internal sealed class TailBudget(int mostBytes)
{
    /// <summary>Of the objects, beside the payload and the characters of the key.</summary>
    private const int RecordOverhead = 120;

    private readonly Queue<(Tail Tail, int Records, long Bytes)> parts = new();
    private long bytes;

    public void Append(Tail tail, List<JournalRecord> records)
    {
        var added = 0L;
        foreach (var record in records) added += record.Payload.Length + 2 * record.Key.Length + RecordOverhead;
        tail.Append(records);
        parts.Enqueue((tail, records.Count, added));
        bytes += added;
        while (bytes > mostBytes && parts.TryDequeue(out var oldest))
        {
            oldest.Tail.DropOldest(oldest.Records);
            bytes -= oldest.Bytes;
        }
    }
}
