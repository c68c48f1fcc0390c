using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace Monitor.Journal.Postgres;

/// <summary>
/// All that a writer had waiting, as the arrays of one call of <c>write_group</c>, and what the server answered. Used again for group after group by its writer.
/// </summary>
internal sealed class WriteGroup(PostgresSchema schema, int partitions)
{
    private const int MostRecords = 500;
    private const long MostBytes = 1 << 20;

    private readonly List<WriteOperation> operations = [];
    private readonly List<short> topics = [];
    private readonly List<int> touched = [];
    private readonly List<int> counts = [];
    private readonly RecordColumns reports = new();
    private readonly RecordColumns events = new();
    private readonly CommitColumns commits = new();

    // By topic and partition: how many records are here, and then the last sequence that was given out.
    private readonly long[][] places = [new long[partitions], new long[partitions]];
    private readonly bool[][] isTouched = [new bool[partitions], new bool[partitions]];
    private readonly long[][] receivedMs = [new long[partitions], new long[partitions]];

    private readonly JournalRecord?[][] lasts = [new JournalRecord?[partitions], new JournalRecord?[partitions]];

    private long[][] expected = [];
    private long[] before = [];
    private int records;
    private long bytes;

    public IReadOnlyList<WriteOperation> Operations => operations;

    public bool IsFull { get; private set; }

    public bool Has(Topic topic) => topics.Contains((short)topic);

    /// <summary>Whether each commit was kept.</summary>
    public bool[] Kept { get; private set; } = [];

    /// <summary>Segment, its records so far, and when it was opened, of each topic that was written to; none where the answer is a repeated one.</summary>
    public IReadOnlyList<(Topic Topic, long Segment, long Records, long OpenedMs)> Segments { get; private set; } = [];

    public void Take(WriteOperation operation)
    {
        operations.Add(operation);
        records += operation.Records;
        bytes += operation.Bytes;
        IsFull = records >= MostRecords || bytes >= MostBytes || operations.Count >= MostRecords;
    }

    /// <summary>Begins the next.</summary>
    public void Clear()
    {
        operations.Clear();
        (records, bytes, IsFull) = (0, 0, false);
        topics.Clear();
        touched.Clear();
        counts.Clear();
        reports.Clear();
        events.Clear();
        commits.Clear();
        foreach (var array in places) Array.Clear(array);
        foreach (var array in isTouched) Array.Clear(array);
        foreach (var array in lasts) Array.Clear(array);
    }

    /// <summary>Lays out what was taken.</summary>
    public void Build()
    {
        // In an order that is the same for all, so that no two groups wait for one another's snapshots.
        foreach (var operation in operations.OfType<CommitOperation>().OrderBy(o => o.Commit.Partition).ThenBy(o => o.Commit.Snapshot.Key, StringComparer.Ordinal))
            operation.Number = commits.Add(operation.Commit);
        foreach (var operation in operations) operation.AddTo(this);
        for (var topic = 0; topic < 2; topic++)
        {
            for (var partition = 0; partition < partitions; partition++)
            {
                if (!isTouched[topic][partition]) continue;
                topics.Add((short)(topic + 1));
                touched.Add(partition);
                counts.Add((int)places[topic][partition]);
            }
        }
    }

    public void Add(Topic topic, int partition, JournalRecord record, int commit)
    {
        isTouched[(int)topic - 1][partition] = true;
        var ordinal = (int)++places[(int)topic - 1][partition];
        if (topic == Topic.Reports) reports.Add(partition, ordinal, record);
        else events.Add(partition, commit, record);
    }

    /// <summary>The call, and then, as a transaction of its own, what tells others of it.</summary>
    public NpgsqlBatch Batch(NpgsqlConnection connection, Guid writer, long number, long nowMs)
    {
        var batch = new NpgsqlBatch(connection) { EnableErrorBarriers = true };
        var write = new NpgsqlBatchCommand(
            $"SELECT * FROM {schema.Quoted}.write_group($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)");
        write.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = writer });
        write.Parameters.Add(new NpgsqlParameter<long> { TypedValue = number });
        write.Parameters.Add(new NpgsqlParameter<long> { TypedValue = nowMs });
        AddArray(write, topics, NpgsqlDbType.Smallint);
        AddArray(write, touched, NpgsqlDbType.Integer);
        AddArray(write, counts, NpgsqlDbType.Integer);
        reports.AddTo(write);
        events.AddTo(write);
        commits.AddTo(write);
        batch.BatchCommands.Add(write);
        if (topics.Count == 0) return batch;
        // Its answer shows that the transaction before it has ended.
        batch.BatchCommands.Add(new("SELECT 1"));
        var tell = new NpgsqlBatchCommand($"SELECT {schema.Quoted}.tell($1, $2, $3)");
        tell.Parameters.Add(new NpgsqlParameter<string> { TypedValue = schema.Channel });
        AddArray(tell, topics, NpgsqlDbType.Smallint);
        AddArray(tell, touched, NpgsqlDbType.Integer);
        batch.BatchCommands.Add(tell);
        return batch;
    }

    /// <summary>Takes up the answer and gives the records their places.</summary>
    public async Task ReadAsync(NpgsqlDataReader answer, CancellationToken cancellationToken)
    {
        if (!await answer.ReadAsync(cancellationToken)) throw new DataException("The journal's server did not answer a group.");
        (before, var received) = (Longs(0), Longs(1));
        Kept = answer.IsDBNull(2) ? [] : answer.GetFieldValue<bool[]>(2);
        for (var i = 0; i < touched.Count; i++)
        {
            places[topics[i] - 1][touched[i]] = before[i];
            receivedMs[topics[i] - 1][touched[i]] = received[i];
        }
        var segments = Longs(3);
        Segments = [.. segments.Chunk(4).Select(s => ((Topic)s[0], s[1], s[2], s[3]))];
        foreach (var operation in operations) operation.Apply(this);

        long[] Longs(int column) => answer.IsDBNull(column) ? [] : answer.GetFieldValue<long[]>(column);
    }

    public void Place(Topic topic, int partition, JournalRecord record)
    {
        record.Sequence = ++places[(int)topic - 1][partition];
        record.ReceivedAtMs = receivedMs[(int)topic - 1][partition];
        lasts[(int)topic - 1][partition] = record;
    }

    /// <summary>Notes how far the partitions are known to reach before it is written.</summary>
    public void Expect(Heads heads) => expected = heads.Found();

    /// <summary>Lets this process know how far its partitions reach now.</summary>
    public void Tell(Heads heads)
    {
        for (var i = 0; i < touched.Count; i++)
        {
            if (lasts[topics[i] - 1][touched[i]] is { } last) heads[(Topic)topics[i], touched[i]].See(last);
        }
    }

    /// <summary>Whether its partitions ended where they had to, or beyond. A repeated answer is of an earlier time.</summary>
    public void Check(Continuity continuity)
    {
        if (Segments.Count == 0) return;
        for (var i = 0; i < touched.Count; i++) continuity.CheckHead((Topic)topics[i], touched[i], expected[topics[i] - 1][touched[i]], before[i]);
    }

    private static void AddArray<T>(NpgsqlBatchCommand command, List<T> values, NpgsqlDbType type) =>
        command.Parameters.Add(new NpgsqlParameter<List<T>> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });

    private sealed class RecordColumns
    {
        private readonly List<int> partitions = [];
        private readonly List<int> numbers = [];
        private readonly List<long> terms = [];
        private readonly List<string> keys = [];
        private readonly List<byte[]> payloads = [];

        public void Add(int partition, int number, JournalRecord record)
        {
            partitions.Add(partition);
            numbers.Add(number);
            terms.Add(Term.OfKey(partition, record.Key));
            keys.Add(record.Key);
            payloads.Add(record.Payload);
        }

        public void AddTo(NpgsqlBatchCommand command)
        {
            AddArray(command, partitions, NpgsqlDbType.Integer);
            AddArray(command, numbers, NpgsqlDbType.Integer);
            AddArray(command, terms, NpgsqlDbType.Bigint);
            AddArray(command, keys, NpgsqlDbType.Text);
            AddArray(command, payloads, NpgsqlDbType.Bytea);
        }

        public void Clear()
        {
            partitions.Clear();
            numbers.Clear();
            terms.Clear();
            keys.Clear();
            payloads.Clear();
        }
    }

    private sealed class CommitColumns
    {
        private readonly List<int> partitions = [];
        private readonly List<string> keys = [];
        private readonly List<long> expected = [];
        private readonly List<long> positions = [];
        private readonly List<long> versions = [];
        private readonly List<byte[]> payloads = [];

        public int Add(TransitionCommit commit)
        {
            partitions.Add(commit.Partition);
            keys.Add(commit.Snapshot.Key);
            expected.Add(commit.ExpectedVersion);
            positions.Add(commit.Snapshot.Position);
            versions.Add(commit.Snapshot.Version);
            payloads.Add(commit.Snapshot.Payload);
            return partitions.Count;
        }

        public void AddTo(NpgsqlBatchCommand command)
        {
            AddArray(command, partitions, NpgsqlDbType.Integer);
            AddArray(command, keys, NpgsqlDbType.Text);
            AddArray(command, expected, NpgsqlDbType.Bigint);
            AddArray(command, positions, NpgsqlDbType.Bigint);
            AddArray(command, versions, NpgsqlDbType.Bigint);
            AddArray(command, payloads, NpgsqlDbType.Bytea);
        }

        public void Clear()
        {
            partitions.Clear();
            keys.Clear();
            expected.Clear();
            positions.Clear();
            versions.Clear();
            payloads.Clear();
        }
    }
}
