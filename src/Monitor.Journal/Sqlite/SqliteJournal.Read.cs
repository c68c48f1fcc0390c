namespace Monitor.Journal.Sqlite;

internal sealed partial class SqliteJournal
{
    /// <summary>More keys than these are not looked up on the caller's thread.</summary>
    private const int KeysInMemory = 64;

    public ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(
        Topic topic, int partition, long after, int maxRecords, int maxBytes, CancellationToken cancellationToken)
    {
        var log = OpenTopic(topic, partition);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        return JournalReader.Read(null, log, partition, after, maxRecords, maxBytes, cancellationToken) is { } recent
            ? new(recent)
            : FromFile(file => JournalReader.Read(file, log, partition, after, maxRecords, maxBytes, cancellationToken)!, cancellationToken);
    }

    public Task WaitAsync(Topic topic, int partition, long after, CancellationToken cancellationToken) =>
        OpenTopic(topic, partition).Partitions[partition].WaitAsync(after, cancellationToken);

    public ValueTask<long> HeadAsync(Topic topic, int partition, CancellationToken cancellationToken) => new(OpenTopic(topic, partition).Partitions[partition].Head);

    public ValueTask<IReadOnlyDictionary<string, IReadOnlyList<JournalRecord>>> ReadKeysAsync(
        Topic topic, int partition, IReadOnlyCollection<(string Key, long After)> keys, CancellationToken cancellationToken)
    {
        var log = OpenTopic(topic, partition);
        foreach (var (key, _) in keys) Rules.CheckKey(key);
        return keys.Count <= KeysInMemory && JournalReader.ReadKeys(null, log, partition, keys, cancellationToken) is { } recent
            ? new(recent)
            : FromFile(file => JournalReader.ReadKeys(file, log, partition, keys, cancellationToken)!, cancellationToken);
    }

    public ValueTask<IReadOnlyList<JournalRecord>> ReadKeyBackwardsAsync(
        Topic topic, int partition, string key, long before, int maxRecords, CancellationToken cancellationToken)
    {
        var log = OpenTopic(topic, partition);
        Rules.CheckKey(key);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        return JournalReader.ReadKeyBackwards(null, log, partition, key, before, maxRecords, cancellationToken) is { } recent
            ? new(recent)
            : FromFile(file => JournalReader.ReadKeyBackwards(file, log, partition, key, before, maxRecords, cancellationToken)!, cancellationToken);
    }

    public ValueTask<IReadOnlyDictionary<string, Snapshot>> LoadSnapshotsAsync(
        Topic topic, int partition, IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        OpenTopic(topic, partition);
        return FromFile<IReadOnlyDictionary<string, Snapshot>>(file => file.Snapshots(topic, partition, keys, cancellationToken), cancellationToken);
    }

    public ValueTask<Checkpoint> LoadCheckpointAsync(Topic topic, int partition, CancellationToken cancellationToken)
    {
        OpenTopic(topic, partition);
        return FromFile(file => file.Checkpoint(topic, partition), cancellationToken);
    }

    public ValueTask<long> LatestBeatAsync(Topic topic, CancellationToken cancellationToken)
    {
        OpenTopic(topic, 0);
        return FromFile(file => file.LatestBeat(topic), cancellationToken);
    }

    private ValueTask<T> FromFile<T>(Func<ReadSession, T> read, CancellationToken cancellationToken) => new(Opened().Readers.ReadAsync(read, cancellationToken));
}
