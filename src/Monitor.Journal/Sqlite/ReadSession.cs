namespace Monitor.Journal.Sqlite;

/// <summary>A connection that reads, and its statements. For one read at a time.</summary>
internal sealed class ReadSession(string path) : IDisposable
{
    private readonly Database database = Database.OpenReader(path);
    private readonly Dictionary<string, Statement> prepared = [];

    /// <summary>Hands the stored postings of a term to the query.</summary>
    public void Postings(Segment segment, long term, in PostingsQuery query)
    {
        var select = Get("SELECT postings FROM postings WHERE segment = ?1 AND term = ?2").Bind(1, segment.Number).Bind(2, term);
        if (!select.Step()) return;
        query.Read(select.Blob(0));
        select.Reset();
    }

    /// <summary>Hands the records of a batch to the visitor until that has enough.</summary>
    public void Batch<TVisitor>(TopicLog topic, long batch, ref TVisitor visitor) where TVisitor : struct, IRecordVisitor, allows ref struct
    {
        var select = Get(topic.Table == "reports"
            ? "SELECT first, received_ms, records FROM reports WHERE batch = ?1"
            : "SELECT first, received_ms, records FROM events WHERE batch = ?1").Bind(1, batch);
        if (!select.Step()) return;
        var (sequence, receivedMs) = (select.Int64(0), select.Int64(1));
        var records = new RecordBatchReader(select.Blob(2));
        while (records.Next() && visitor.Visit(records.Key, records.Payload, sequence, receivedMs)) sequence++;
        select.Reset();
    }

    public Dictionary<string, Snapshot> Snapshots(Topic topic, int partition, IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        var snapshots = new Dictionary<string, Snapshot>(keys.Count);
        var select = Get("SELECT position, version, payload FROM snapshots WHERE topic = ?1 AND partition = ?2 AND key = ?3").Bind(1, (int)topic).Bind(2, partition);
        // In the order in which they lie, and as one transaction: a page is found once.
        database.Execute("BEGIN");
        try
        {
            foreach (var key in keys.Order(StringComparer.Ordinal))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!select.Bind(3, key).Step()) continue;
                snapshots[key] = new(key, select.Int64(0), select.Int64(1), select.Blob(2).ToArray());
                select.Reset();
            }
        }
        finally
        {
            database.RollBack();
        }
        return snapshots;
    }

    public Checkpoint Checkpoint(Topic topic, int partition)
    {
        var select = Get("SELECT position, floor, state, beat_ms FROM checkpoints WHERE topic = ?1 AND partition = ?2").Bind(1, (int)topic).Bind(2, partition);
        if (!select.Step()) return Journal.Checkpoint.None;
        var checkpoint = new Checkpoint(select.Int64(0), select.Int64(1), select.Blob(2).ToArray(), select.Int64(3));
        select.Reset();
        return checkpoint;
    }

    public long LatestBeat(Topic topic)
    {
        var select = Get("SELECT coalesce(max(beat_ms), 0) FROM checkpoints WHERE topic = ?1").Bind(1, (int)topic);
        select.Step();
        var latest = select.Int64(0);
        select.Reset();
        return latest;
    }

    public void Dispose()
    {
        foreach (var statement in prepared.Values) statement.Dispose();
        database.Dispose();
    }

    private Statement Get(string sql)
    {
        if (!prepared.TryGetValue(sql, out var statement)) prepared[sql] = statement = database.Prepare(sql);
        return statement;
    }
}

/// <summary>Takes records as they are read.</summary>
internal interface IRecordVisitor
{
    /// <summary>Answers whether it wants the next. The spans are valid during the call.</summary>
    bool Visit(ReadOnlySpan<byte> key, ReadOnlySpan<byte> payload, long sequence, long receivedMs);
}
