using System.Text;

namespace Monitor.Journal.Sqlite;

/// <summary>
/// Reads of records. Each is tried in memory alone first (<c>file</c> is null), and answers null where that does not do. A read from the file is repeated
/// where a segment that it knew was dropped meanwhile: its rows may be gone in part.
/// </summary>
internal static class JournalReader
{
    public static IReadOnlyList<JournalRecord>? Read(ReadSession? file, TopicLog topic, int partition, long after, int maxRecords, int maxBytes, CancellationToken cancellationToken)
    {
        var log = topic.Partitions[partition];
        var batches = new List<Posting>();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var head = log.Head;
            var segments = topic.Segments;
            var from = Math.Max(after, segments[0].Before[partition]) + 1;
            if (from > head) return [];
            if (log.Tail.Read(from, head, maxRecords, maxBytes) is { } recent) return recent;
            if (file is null) return null;
            var page = new Page(from, head, maxRecords, maxBytes);
            foreach (var segment in segments)
            {
                if (page.Full) break;
                if (segment.Last(partition) < page.From) continue;
                batches.Clear();
                Find(file, segment, Term.OfPartition(partition), PostingsQuery.OfPartition(segment.Origin(partition), page.From, head, maxRecords, batches));
                for (var i = 0; i < batches.Count && !page.Full; i++) file.Batch(topic, batches[i].Batch, ref page);
            }
            if (!segments.Any(segment => segment.Dropped)) return page.Records;
        }
    }

    public static IReadOnlyDictionary<string, IReadOnlyList<JournalRecord>>? ReadKeys(
        ReadSession? file, TopicLog topic, int partition, IReadOnlyCollection<(string Key, long After)> keys, CancellationToken cancellationToken)
    {
        var wanted = keys.Select(key => new Wanted(key.Key, key.After, Term.OfKey(partition, key.Key))).ToArray();
        // In the order in which postings lie in the file.
        Array.Sort(wanted, (left, right) => left.Term.CompareTo(right.Term));
        while (true)
        {
            var head = topic.Partitions[partition].Head;
            var segments = topic.Segments;
            foreach (var key in wanted) key.Postings.Clear();
            foreach (var segment in segments)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (last, index) = (segment.Last(partition), segment.Index);
                foreach (var key in wanted)
                {
                    if (last <= key.After || head <= key.After) continue;
                    var query = PostingsQuery.OfKey(segment.Origin(partition), key.After + 1, head, key.Postings);
                    if (index is not null) index.Read(key.Term, query);
                    else if (file is null) return null;
                    else file.Postings(segment, key.Term, query);
                }
            }
            var records = Fetch(file, topic, partition, wanted, cancellationToken);
            if (records is null || !segments.Any(segment => segment.Dropped)) return records;
        }
    }

    public static IReadOnlyList<JournalRecord>? ReadKeyBackwards(
        ReadSession? file, TopicLog topic, int partition, string key, long before, int maxRecords, CancellationToken cancellationToken)
    {
        var log = topic.Partitions[partition];
        var term = Term.OfKey(partition, key);
        var postings = new List<Posting>();
        while (true)
        {
            var to = Math.Min(before - 1, log.Head);
            var segments = topic.Segments;
            var records = new List<JournalRecord>();
            for (var s = segments.Length - 1; s >= 0 && records.Count < maxRecords; s--)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var segment = segments[s];
                if (segment.Before[partition] >= to) continue;
                postings.Clear();
                if (!Find(file, segment, term, PostingsQuery.OfKey(segment.Origin(partition), 1, to, postings))) return null;
                for (var i = postings.Count - 1; i >= 0 && records.Count < maxRecords; i--)
                {
                    var record = log.Tail.Find(postings[i].Sequence);
                    if (record is null)
                    {
                        if (file is null) return null;
                        record = One(file, topic, postings[i], key);
                    }
                    if (record?.Key == key) records.Add(record);
                }
            }
            if (!segments.Any(segment => segment.Dropped)) return records;
        }
    }

    private static bool Find(ReadSession? file, Segment segment, long term, in PostingsQuery query)
    {
        if (segment.Index is { } index) index.Read(term, query);
        else if (file is null) return false;
        else file.Postings(segment, term, query);
        return true;
    }

    private static Dictionary<string, IReadOnlyList<JournalRecord>>? Fetch(
        ReadSession? file, TopicLog topic, int partition, Wanted[] wanted, CancellationToken cancellationToken)
    {
        var tail = topic.Partitions[partition].Tail;
        var stored = new List<(Posting Posting, Wanted Key, int At)>();
        foreach (var key in wanted)
        {
            key.Records = new JournalRecord?[key.Postings.Count];
            for (var i = 0; i < key.Records.Length; i++)
            {
                if (tail.Find(key.Postings[i].Sequence) is { } recent) key.Records[i] = recent.Key == key.Key ? recent : null;
                else if (file is null) return null;
                else stored.Add((key.Postings[i], key, i));
            }
        }
        stored.Sort((left, right) => left.Posting.Sequence.CompareTo(right.Posting.Sequence));
        for (var i = 0; i < stored.Count;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var batch = stored[i].Posting.Batch;
            var pick = new Pick(stored, i);
            file!.Batch(topic, batch, ref pick);
            while (i < stored.Count && stored[i].Posting.Batch == batch) i++;
        }
        var records = new Dictionary<string, IReadOnlyList<JournalRecord>>(wanted.Length);
        foreach (var key in wanted)
        {
            if (key.Records.Length == 0) continue;
            // Without those of another key of the same term.
            records[key.Key] = key.Records.OfType<JournalRecord>().ToArray();
        }
        return records;
    }

    private static JournalRecord? One(ReadSession file, TopicLog topic, Posting posting, string key)
    {
        var wanted = new Wanted(key, 0, 0) { Records = new JournalRecord?[1] };
        var pick = new Pick([(posting, wanted, 0)], 0);
        file.Batch(topic, posting.Batch, ref pick);
        return wanted.Records[0];
    }

    /// <summary>Records in a row, within the limits.</summary>
    private struct Page(long from, long head, int maxRecords, int maxBytes) : IRecordVisitor
    {
        private long bytes;

        public List<JournalRecord> Records { get; } = [];

        /// <summary>The next it wants.</summary>
        public long From { get; private set; } = from;

        public bool Full { get; private set; }

        public bool Visit(ReadOnlySpan<byte> key, ReadOnlySpan<byte> payload, long sequence, long receivedMs)
        {
            if (sequence < From) return true;
            bytes += payload.Length;
            Full = sequence > head || Records.Count >= maxRecords || (Records.Count > 0 && bytes > maxBytes);
            if (Full) return false;
            Records.Add(JournalRecord.Read(Encoding.UTF8.GetString(key), payload.ToArray(), sequence, receivedMs));
            From = sequence + 1;
            Full = Records.Count >= maxRecords;
            return !Full;
        }
    }

    /// <summary>Those records of a batch that are wanted, each where its key is the one that is wanted.</summary>
    private struct Pick(List<(Posting Posting, Wanted Key, int At)> wanted, int next) : IRecordVisitor
    {
        public bool Visit(ReadOnlySpan<byte> key, ReadOnlySpan<byte> payload, long sequence, long receivedMs)
        {
            for (; next < wanted.Count && wanted[next].Posting.Sequence == sequence; next++)
            {
                var (_, asked, at) = wanted[next];
                if (asked.Is(key)) asked.Records[at] = JournalRecord.Read(asked.Key, payload.ToArray(), sequence, receivedMs);
            }
            return next < wanted.Count;
        }
    }

    private sealed class Wanted(string key, long after, long term)
    {
        public string Key { get; } = key;

        public long After { get; } = after;

        public long Term { get; } = term;

        public List<Posting> Postings { get; } = [];

        public JournalRecord?[] Records { get; set; } = [];

        public bool Is(ReadOnlySpan<byte> utf8)
        {
            Span<byte> own = stackalloc byte[3 * 1024];
            return utf8.SequenceEqual(own[..Encoding.UTF8.GetBytes(Key, own)]);
        }
    }
}
