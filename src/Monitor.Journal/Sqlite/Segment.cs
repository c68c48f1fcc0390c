namespace Monitor.Journal.Sqlite;

/// <summary>
/// A run of a topic's rows, in the order of their arrival: the unit of the index and of retention. The last of a topic is open, the others are sealed.
/// </summary>
internal sealed class Segment(long number, Topic topic, long firstBatch, long[] before, long[] beforeMs)
{
    private volatile SegmentIndex? index;
    private volatile bool dropped;
    private volatile long[]? last;

    public long Number { get; } = number;

    public Topic Topic { get; } = topic;

    /// <summary>Row number of its first batch.</summary>
    public long FirstBatch { get; } = firstBatch;

    /// <summary>For each partition, the last sequence before it.</summary>
    public long[] Before { get; } = before;

    /// <summary>For each partition, the last time of receipt before it, Unix milliseconds.</summary>
    public long[] BeforeMs { get; } = beforeMs;

    /// <summary>Its index while that is in memory; null: it is in the file.</summary>
    public SegmentIndex? Index
    {
        get => index;
        set => index = value;
    }

    /// <summary>Its rows are going: whoever has read from it reads again without it.</summary>
    public bool Dropped
    {
        get => dropped;
        set => dropped = value;
    }

    /// <summary>Records so far. The writer's alone.</summary>
    public int Records { get; set; }

    /// <summary>When the first of its records was received; 0 while it is empty. The writer's alone.</summary>
    public long FirstReceivedMs { get; set; }

    /// <summary>Row number of its last batch, once sealed.</summary>
    public long LastBatch { get; private set; }

    /// <summary>When the last of its records was received, once sealed.</summary>
    public long LastReceivedMs { get; private set; }

    /// <summary>From where the postings of a partition's terms are counted.</summary>
    public Posting Origin(int partition) => new(Before[partition], FirstBatch - 1);

    /// <summary>The last sequence of a partition in it, or before it; without end while it is open.</summary>
    public long Last(int partition) => last?[partition] ?? long.MaxValue;

    /// <summary>Ends it where its successor begins.</summary>
    public void Seal(Segment next)
    {
        LastBatch = next.FirstBatch - 1;
        LastReceivedMs = next.BeforeMs.Max();
        last = next.Before;
    }
}

/// <summary>The postings of a segment in memory, until they are in the file.</summary>
internal sealed class SegmentIndex
{
    private readonly Lock gate = new();
    private readonly Dictionary<long, PostingsBuilder> postings = [];

    /// <summary>Adds what a partition has staged.</summary>
    public void Add(PartitionLog log, Posting origin)
    {
        lock (gate)
        {
            foreach (var batch in log.StagedBatches) Add(Term.OfPartition(log.Partition), origin, batch);
            var at = 0;
            for (var i = 0; i < log.Staged.Count; i++)
            {
                var sequence = log.Staged[i].Sequence;
                while (at + 1 < log.StagedBatches.Count && log.StagedBatches[at + 1].Sequence <= sequence) at++;
                Add(log.StagedTerms[i], origin, new(sequence, log.StagedBatches[at].Batch));
            }
        }
    }

    /// <summary>Adds one posting, while no one else has the index.</summary>
    public void Add(long term, Posting origin, Posting posting) =>
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(postings, term, out _).Add(origin, posting);

    /// <summary>All terms, ascending; of a sealed segment.</summary>
    public long[] Terms()
    {
        lock (gate)
        {
            var terms = postings.Keys.ToArray();
            Array.Sort(terms);
            return terms;
        }
    }

    /// <summary>Hands the postings of a term to the query.</summary>
    public void Read(long term, in PostingsQuery query)
    {
        lock (gate)
        {
            if (postings.TryGetValue(term, out var builder)) query.Read(builder.Bytes);
        }
    }

    /// <summary>The postings of a term of a sealed segment, as they are stored.</summary>
    public ReadOnlySpan<byte> Encoded(long term)
    {
        lock (gate) return postings[term].Bytes;
    }
}
