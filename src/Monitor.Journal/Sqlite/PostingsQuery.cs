namespace Monitor.Journal.Sqlite;

/// <summary>Which postings of a term are wanted, and where they go.</summary>
internal readonly struct PostingsQuery
{
    private readonly Posting origin;
    private readonly long from;
    private readonly long to;
    private readonly int most;
    private readonly bool batches;
    private readonly List<Posting> found;

    private PostingsQuery(Posting origin, long from, long to, int most, bool batches, List<Posting> found) =>
        (this.origin, this.from, this.to, this.most, this.batches, this.found) = (origin, from, to, most, batches, found);

    /// <summary>Of a key: those with a sequence in the range.</summary>
    public static PostingsQuery OfKey(Posting origin, long from, long to, List<Posting> found) => new(origin, from, to, int.MaxValue, false, found);

    /// <summary>Of a partition: the batches in which records of the range are, the first of them perhaps beginning before it.</summary>
    public static PostingsQuery OfPartition(Posting origin, long from, long to, int most, List<Posting> found) => new(origin, from, to, most, true, found);

    public void Read(ReadOnlySpan<byte> postings)
    {
        var reader = new PostingsReader(postings, origin);
        Posting? before = null;
        while (reader.Next() && reader.Current.Sequence <= to && found.Count < most)
        {
            if (reader.Current.Sequence < from)
            {
                before = reader.Current;
                continue;
            }
            if (batches && before is { } first && reader.Current.Sequence > from) found.Add(first);
            before = null;
            found.Add(reader.Current);
        }
        if (batches && before is { } only) found.Add(only);
    }
}
