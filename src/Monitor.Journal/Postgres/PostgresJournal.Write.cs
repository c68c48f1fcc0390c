using Npgsql;
using NpgsqlTypes;

namespace Monitor.Journal.Postgres;

internal sealed partial class PostgresJournal
{
    /// <summary>A write younger than this tells whether the journal can be written.</summary>
    private static readonly TimeSpan ProbeAge = TimeSpan.FromSeconds(1);

    /// <summary>Snapshots of one statement: so that none is long.</summary>
    private const int SnapshotsAtOnce = 1000;

    public ValueTask AppendAsync(Topic topic, int partition, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken)
    {
        var journal = OpenPartition(topic, partition);
        if (records.Count == 0) return default;
        var bytes = 0L;
        for (var i = 0; i < records.Count; i++) bytes += Rules.Check(records[i]);
        var operation = new AppendOperation(topic, partition, records, bytes, time.GetTimestamp(), cancellationToken);
        var submitted = journal.Writers[partition % journal.Writers.Length].Submit(operation);
        return submitted.IsCompletedSuccessfully ? new(operation.Done) : Slowly(submitted, operation);

        static async ValueTask Slowly(ValueTask submitted, AppendOperation operation)
        {
            await submitted;
            await operation.Done;
        }
    }

    public async ValueTask<bool> CommitAsync(TransitionCommit commit, CancellationToken cancellationToken)
    {
        var journal = OpenPartition(Topic.Reports, commit.Partition);
        Rules.CheckKey(commit.Snapshot.Key);
        var bytes = (long)commit.Snapshot.Payload.Length;
        foreach (var (partition, record) in commit.Events)
        {
            Rules.CheckPartition(Topic.Events, partition, options.Partitions);
            bytes += Rules.Check(record);
        }
        var operation = new CommitOperation(commit, bytes, time.GetTimestamp(), cancellationToken);
        await journal.Writers[commit.Partition % journal.Writers.Length].Submit(operation);
        return await operation.Kept;
    }

    public async ValueTask SaveSnapshotsAsync(Topic topic, int partition, IReadOnlyCollection<Snapshot> snapshots, CancellationToken cancellationToken)
    {
        OpenPartition(topic, partition);
        foreach (var snapshot in snapshots) Rules.CheckKey(snapshot.Key);
        // In the order of write_group. A key that is there twice is not for one statement.
        var ordered = snapshots.OrderBy(snapshot => snapshot.Key, StringComparer.Ordinal).ToList();
        for (var from = 0; from < ordered.Count;)
        {
            var to = from + 1;
            while (to < ordered.Count && to - from < SnapshotsAtOnce && ordered[to].Key != ordered[to - 1].Key) to++;
            await SaveSomeAsync(topic, partition, ordered[from..to], cancellationToken);
            from = to;
        }
    }

    private async Task SaveSomeAsync(Topic topic, int partition, List<Snapshot> snapshots, CancellationToken cancellationToken) => await ExecuteAsync(
        $"""
        INSERT INTO {schema.Quoted}.snapshots AS s SELECT $1, $2, n.* FROM unnest($3, $4, $5, $6) n(key, position, version, payload)
        ON CONFLICT (topic, partition, key) DO UPDATE SET position = excluded.position, version = excluded.version, payload = excluded.payload
        WHERE s.position <= excluded.position AND s.version <= excluded.version
        """,
        [
            Of(topic), Number(partition), Array(snapshots.Select(s => s.Key), NpgsqlDbType.Text), Array(snapshots.Select(s => s.Position), NpgsqlDbType.Bigint),
            Array(snapshots.Select(s => s.Version), NpgsqlDbType.Bigint), Array(snapshots.Select(s => s.Payload), NpgsqlDbType.Bytea),
        ],
        cancellationToken);

    public async ValueTask DeleteSnapshotsAsync(Topic topic, int partition, IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        OpenPartition(topic, partition);
        foreach (var some in keys.Order(StringComparer.Ordinal).Chunk(SnapshotsAtOnce))
            await ExecuteAsync(
                $"DELETE FROM {schema.Quoted}.snapshots WHERE topic = $1 AND partition = $2 AND key = ANY ($3)",
                [Of(topic), Number(partition), Array(some, NpgsqlDbType.Text)],
                cancellationToken);
    }

    public async ValueTask SaveCheckpointAsync(Topic topic, int partition, Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        OpenPartition(topic, partition);
        await ExecuteAsync(
            $"""
            INSERT INTO {schema.Quoted}.checkpoints AS c VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (topic, partition) DO UPDATE SET position = excluded.position, floor = excluded.floor, state = excluded.state,
                beat_ms = greatest(c.beat_ms, excluded.beat_ms)
            WHERE c.position <= excluded.position
            """,
            [
                Of(topic), Number(partition), Number(checkpoint.Position), Number(checkpoint.Floor), new NpgsqlParameter<byte[]> { TypedValue = checkpoint.State },
                Number(checkpoint.BeatMs),
            ],
            cancellationToken);
    }

    public async ValueTask BeatAsync(Topic topic, IReadOnlyCollection<int> partitions, long atMs, CancellationToken cancellationToken)
    {
        if (partitions.Count == 0) return;
        foreach (var partition in partitions) OpenPartition(topic, partition);
        await ExecuteAsync(
            $"""
            INSERT INTO {schema.Quoted}.checkpoints SELECT $1, p, 0, 0, '', $3 FROM unnest($2) p
            ON CONFLICT (topic, partition) DO UPDATE SET beat_ms = excluded.beat_ms
            """,
            [Of(topic), Array(partitions.Distinct().Order(), NpgsqlDbType.Integer), Number(atMs)],
            cancellationToken);
    }

    public async ValueTask<int> TrimAsync(Topic topic, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var journal = OpenPartition(topic, 0);
        return await journal.Server.TryAsync(
            cancel => journal.Segments.TrimAsync(topic, time.GetUtcNow().ToUnixTimeMilliseconds(), before.ToUnixTimeMilliseconds(), cancel), cancellationToken);
    }

    public async ValueTask<string?> ProbeAsync(CancellationToken cancellationToken)
    {
        var journal = Opened();
        if (journal.Continuity.IsLost) return (await journal.Continuity.Lost).Message;
        if (journal.LastWrite.Age < ProbeAge) return journal.LastWrite.Error;
        try
        {
            // Once, without the patience: the answer is wanted now.
            await using var command = journal.Server.Readers.CreateCommand($"UPDATE {schema.Quoted}.meta SET value = clock_timestamp()::text WHERE name = 'probe'");
            await command.ExecuteNonQueryAsync(cancellationToken);
            journal.LastWrite.Set(null);
            return null;
        }
        catch (Exception e) when (e is NpgsqlException || ServerErrors.MayPass(e))
        {
            return journal.Server.Unavailable(e).Message;
        }
    }

    /// <summary>Executes a statement that may be executed again.</summary>
    private async Task ExecuteAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        var server = Opened().Server;
        await server.TryAsync(
            async cancel =>
            {
                await using var command = server.Readers.CreateCommand(sql);
                foreach (var parameter in parameters) command.Parameters.Add(parameter.Clone());
                return await command.ExecuteNonQueryAsync(cancel);
            },
            cancellationToken);
    }

    private static NpgsqlParameter<short> Of(Topic topic) => new() { TypedValue = (short)topic };

    private static NpgsqlParameter<int> Number(int value) => new() { TypedValue = value };

    private static NpgsqlParameter<long> Number(long value) => new() { TypedValue = value };

    private static NpgsqlParameter<T[]> Array<T>(IEnumerable<T> values, NpgsqlDbType type) => new() { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | type };
}
