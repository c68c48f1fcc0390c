using Npgsql;
using NpgsqlTypes;

namespace Monitor.Journal.Postgres;

internal sealed partial class PostgresJournal
{
    public async ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(
        Topic topic, int partition, long after, int maxRecords, int maxBytes, CancellationToken cancellationToken)
    {
        var head = OpenPartition(topic, partition).Heads[topic, partition];
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        return await RecordsAsync(head, "read($1, $2, $3, $4, $5)", [Of(topic), Number(partition), Number(after), Number(maxRecords), Number((long)maxBytes)], cancellationToken);
    }

    public Task WaitAsync(Topic topic, int partition, long after, CancellationToken cancellationToken) =>
        OpenPartition(topic, partition).Heads[topic, partition].WaitAsync(after, cancellationToken);

    public async ValueTask<long> HeadAsync(Topic topic, int partition, CancellationToken cancellationToken)
    {
        var journal = OpenPartition(topic, partition);
        var before = journal.Heads[topic, partition].Found;
        var heads = await QueryAsync(
            $"SELECT head FROM {schema.Quoted}.heads WHERE topic = $1 AND partition = $2", [Of(topic), Number(partition)], row => row.GetInt64(0), cancellationToken);
        journal.Continuity.CheckHead(topic, partition, before, heads[0]);
        journal.Continuity.ThrowIfLost();
        journal.Heads[topic, partition].Find(heads[0]);
        return heads[0];
    }

    public async ValueTask<IReadOnlyDictionary<string, IReadOnlyList<JournalRecord>>> ReadKeysAsync(
        Topic topic, int partition, IReadOnlyCollection<(string Key, long After)> keys, CancellationToken cancellationToken)
    {
        var head = OpenPartition(topic, partition).Heads[topic, partition];
        var wanted = new Dictionary<string, (long After, List<JournalRecord> Records)>(keys.Count);
        // In the order in which they lie in the index. Two keys may share a term: then what is of neither is passed over.
        var afters = new SortedDictionary<long, long>();
        foreach (var (key, after) in keys)
        {
            Rules.CheckKey(key);
            wanted[key] = (after, []);
            var term = Term.OfKey(partition, key);
            afters[term] = afters.TryGetValue(term, out var other) ? Math.Min(after, other) : after;
        }
        if (wanted.Count == 0) return new Dictionary<string, IReadOnlyList<JournalRecord>>();
        var records = await RecordsAsync(
            head,
            "read_keys($1, $2, $3, $4)",
            [Of(topic), Number(partition), Array(afters.Keys, NpgsqlDbType.Bigint), Array(afters.Values, NpgsqlDbType.Bigint)],
            cancellationToken);
        foreach (var record in records)
        {
            if (wanted.TryGetValue(record.Key, out var key) && record.Sequence > key.After) key.Records.Add(record);
        }
        return wanted.Where(key => key.Value.Records.Count > 0).ToDictionary(key => key.Key, key => (IReadOnlyList<JournalRecord>)key.Value.Records);
    }

    public async ValueTask<IReadOnlyList<JournalRecord>> ReadKeyBackwardsAsync(
        Topic topic, int partition, string key, long before, int maxRecords, CancellationToken cancellationToken)
    {
        var head = OpenPartition(topic, partition).Heads[topic, partition];
        Rules.CheckKey(key);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        return await RecordsAsync(
            head,
            "read_key_backwards($1, $2, $3, $4, $5, $6)",
            [Of(topic), Number(partition), Number(Term.OfKey(partition, key)), new NpgsqlParameter<string> { TypedValue = key }, Number(before), Number(maxRecords)],
            cancellationToken);
    }

    public async ValueTask<IReadOnlyDictionary<string, Snapshot>> LoadSnapshotsAsync(
        Topic topic, int partition, IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        OpenPartition(topic, partition);
        var snapshots = await QueryAsync(
            $"SELECT key, position, version, payload FROM {schema.Quoted}.snapshots WHERE topic = $1 AND partition = $2 AND key = ANY ($3)",
            [Of(topic), Number(partition), Array(keys, NpgsqlDbType.Text)],
            row => new Snapshot(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetFieldValue<byte[]>(3)),
            cancellationToken);
        return snapshots.ToDictionary(snapshot => snapshot.Key);
    }

    public async ValueTask<Checkpoint> LoadCheckpointAsync(Topic topic, int partition, CancellationToken cancellationToken)
    {
        OpenPartition(topic, partition);
        var found = await QueryAsync(
            $"SELECT position, floor, state, beat_ms FROM {schema.Quoted}.checkpoints WHERE topic = $1 AND partition = $2",
            [Of(topic), Number(partition)],
            row => new Checkpoint(row.GetInt64(0), row.GetInt64(1), row.GetFieldValue<byte[]>(2), row.GetInt64(3)),
            cancellationToken);
        return found.Count == 0 ? Checkpoint.None : found[0];
    }

    public async ValueTask<long> LatestBeatAsync(Topic topic, CancellationToken cancellationToken)
    {
        OpenPartition(topic, 0);
        var found = await QueryAsync(
            $"SELECT coalesce(max(beat_ms), 0) FROM {schema.Quoted}.checkpoints WHERE topic = $1", [Of(topic)], row => row.GetInt64(0), cancellationToken);
        return found[0];
    }

    private async Task<List<JournalRecord>> RecordsAsync(KnownHead head, string call, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        var records = await QueryAsync(
            $"SELECT * FROM {schema.Quoted}.{call}",
            parameters,
            row => JournalRecord.Read(row.GetString(2), row.GetFieldValue<byte[]>(3), row.GetInt64(0), row.GetInt64(1)),
            cancellationToken);
        if (records.Count > 0) head.See(records.MaxBy(record => record.Sequence)!);
        return records;
    }

    private async Task<List<T>> QueryAsync<T>(string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var server = Opened().Server;
        return await server.TryAsync(
            async cancel =>
            {
                await using var command = server.Readers.CreateCommand(sql);
                foreach (var parameter in parameters) command.Parameters.Add(parameter.Clone());
                var found = new List<T>();
                await using var rows = await command.ExecuteReaderAsync(cancel);
                while (await rows.ReadAsync(cancel)) found.Add(read(rows));
                return found;
            },
            cancellationToken);
    }
}
