namespace Monitor.Journal.Sqlite;

/// <summary>The statements of the writer, each prepared once.</summary>
internal sealed class WriterTables(Database database) : IDisposable
{
    private readonly Dictionary<string, Statement> prepared = [];

    private readonly Statement insertReports = database.Prepare("INSERT INTO reports VALUES (?1, ?2, ?3, ?4, ?5)");
    private readonly Statement insertEvents = database.Prepare("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5)");
    private readonly Statement begin = database.Prepare("BEGIN IMMEDIATE");
    private readonly Statement commit = database.Prepare("COMMIT");

    public void Begin() => begin.Run();

    public void Commit() => commit.Run();

    public void InsertBatch(Topic topic, Posting first, int partition, long receivedMs, ReadOnlySpan<byte> records) =>
        (topic == Topic.Reports ? insertReports : insertEvents)
            .Bind(1, first.Batch).Bind(2, partition).Bind(3, first.Sequence).Bind(4, receivedMs).Bind(5, records).Run();

    /// <summary>Version of the stored snapshot; 0 where there is none.</summary>
    public long SnapshotVersion(Topic topic, int partition, string key)
    {
        var select = On("SELECT version FROM snapshots WHERE topic = ?1 AND partition = ?2 AND key = ?3", topic, partition).Bind(3, key);
        if (!select.Step()) return 0;
        var version = select.Int64(0);
        select.Reset();
        return version;
    }

    public void ReplaceSnapshot(Topic topic, int partition, Snapshot snapshot) => Run("REPLACE INTO snapshots VALUES (?1, ?2, ?3, ?4, ?5, ?6)", topic, partition, snapshot);

    public void SaveSnapshot(Topic topic, int partition, Snapshot snapshot) => Run(
        """
        INSERT INTO snapshots VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT DO UPDATE SET position = excluded.position, version = excluded.version, payload = excluded.payload
        WHERE position <= excluded.position AND version <= excluded.version
        """, topic, partition, snapshot);

    public void DeleteSnapshot(Topic topic, int partition, string key) =>
        On("DELETE FROM snapshots WHERE topic = ?1 AND partition = ?2 AND key = ?3", topic, partition).Bind(3, key).Run();

    /// <summary>A beat that is already stored stays where it is later: it comes by a way of its own.</summary>
    public void SaveCheckpoint(Topic topic, int partition, Checkpoint checkpoint) => On(
        """
        INSERT INTO checkpoints VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT DO UPDATE SET position = excluded.position, floor = excluded.floor, state = excluded.state, beat_ms = max(beat_ms, excluded.beat_ms)
        WHERE position <= excluded.position
        """, topic, partition).Bind(3, checkpoint.Position).Bind(4, checkpoint.Floor).Bind(5, checkpoint.State).Bind(6, checkpoint.BeatMs).Run();

    public void Beat(Topic topic, int partition, long atMs) => On(
        "INSERT INTO checkpoints VALUES (?1, ?2, 0, 0, x'', ?3) ON CONFLICT DO UPDATE SET beat_ms = excluded.beat_ms", topic, partition).Bind(3, atMs).Run();

    /// <summary>The last sequence of a partition that retention may drop.</summary>
    public long TrimBound(Topic topic, int partition)
    {
        var select = On("SELECT min(position, floor) FROM checkpoints WHERE topic = ?1 AND partition = ?2", topic, partition);
        if (!select.Step()) return 0;
        var bound = select.Int64(0);
        select.Reset();
        return bound;
    }

    public void InsertSegment(Segment segment) => Get("INSERT INTO segments VALUES (?1, ?2, ?3, ?4, ?5)")
        .Bind(1, segment.Number).Bind(2, (int)segment.Topic).Bind(3, Schema.Unindexed).Bind(4, segment.FirstBatch).Bind(5, SegmentStore.EncodeBefore(segment)).Run();

    public void SetSegmentState(long segment, int state) => Get("UPDATE segments SET state = ?2 WHERE segment = ?1").Bind(1, segment).Bind(2, state).Run();

    public void DeleteSegment(long segment) => Get("DELETE FROM segments WHERE segment = ?1").Bind(1, segment).Run();

    public void SavePostings(long segment, long term, ReadOnlySpan<byte> postings) =>
        Get("REPLACE INTO postings VALUES (?1, ?2, ?3)").Bind(1, segment).Bind(2, term).Bind(3, postings).Run();

    /// <summary>Deletes the first rows of a topic, at most so many of those up to a row. Answers whether there were any.</summary>
    public bool DeleteBatches(string table, long last, int most)
    {
        var select = Get($"SELECT min(batch) FROM {table}");
        var first = select.Step() && !select.IsNull(0) ? select.Int64(0) : long.MaxValue;
        select.Reset();
        if (first > last) return false;
        Get($"DELETE FROM {table} WHERE batch <= ?1").Bind(1, Math.Min(last, first + most - 1)).Run();
        return true;
    }

    /// <summary>Deletes some of the postings of a segment. Answers whether there were any.</summary>
    public bool DeletePostings(long segment, int most)
    {
        var select = Get("SELECT max(term) FROM (SELECT term FROM postings WHERE segment = ?1 ORDER BY term LIMIT ?2)").Bind(1, segment).Bind(2, most);
        if (!select.Step() || select.IsNull(0))
        {
            select.Reset();
            return false;
        }
        var last = select.Int64(0);
        select.Reset();
        Get("DELETE FROM postings WHERE segment = ?1 AND term <= ?2").Bind(1, segment).Bind(2, last).Run();
        return true;
    }

    public void Probe(long atMs) => Get("UPDATE meta SET value = ?1 WHERE name = 'probe'").Bind(1, atMs).Run();

    public void LimitPages(int pages) => database.Execute($"PRAGMA max_page_count={pages}");

    public void Dispose()
    {
        foreach (var statement in prepared.Values) statement.Dispose();
        insertReports.Dispose();
        insertEvents.Dispose();
        begin.Dispose();
        commit.Dispose();
    }

    private void Run(string sql, Topic topic, int partition, Snapshot snapshot) =>
        On(sql, topic, partition).Bind(3, snapshot.Key).Bind(4, snapshot.Position).Bind(5, snapshot.Version).Bind(6, snapshot.Payload).Run();

    private Statement On(string sql, Topic topic, int partition) => Get(sql).Bind(1, (int)topic).Bind(2, partition);

    private Statement Get(string sql)
    {
        if (!prepared.TryGetValue(sql, out var statement)) prepared[sql] = statement = database.Prepare(sql);
        return statement;
    }
}
