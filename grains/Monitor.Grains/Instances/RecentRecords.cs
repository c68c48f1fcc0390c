using Monitor.Journal;

namespace Monitor.Grains.Instances;

/// <summary>The latest records of an instance, ascending; bounded by bytes, yet at least the last.</summary>
internal sealed class RecentRecords(int bytes)
{
    private readonly List<JournalRecord> records = [];
    private int held;

    public void Add(JournalRecord record)
    {
        records.Add(record);
        held += record.Payload.Length;
        var drop = 0;
        while (drop < records.Count - 1 && held > bytes) held -= records[drop++].Payload.Length;
        if (drop > 0) records.RemoveRange(0, drop);
    }

    /// <summary>Those before a sequence, newest first.</summary>
    public IEnumerable<JournalRecord> Before(long sequence)
    {
        for (var i = records.Count - 1; i >= 0; i--)
        {
            if (records[i].Sequence < sequence) yield return records[i];
        }
    }
}
