namespace Monitor.Journal;

/// <summary>
/// An append-only log in a fixed number of partitions for each topic, durable before it answers, with the snapshots and checkpoints of its readers.
/// <para>All members may be called at once from any thread.</para>
/// <para>Order: sequences of a partition are assigned without gaps and become visible in ascending order, whoever writes; a reader that has seen sequence n
/// never later meets one below n that it had not seen.</para>
/// <para>Errors: <see cref="JournalUnavailableException"/> from any call while the store cannot be reached or written. An append that throws may or may not have
/// been kept if the process or the store died in it, or a standby that is to confirm it did not; otherwise nothing of it was kept.
/// <see cref="JournalLostException"/> from every call once <see cref="Lost"/> has completed.</para>
/// </summary>
public interface IJournal : IAsyncDisposable
{
    /// <summary>Number of partitions of each topic, 1 to 1,024; fixed when the journal is created.</summary>
    int Partitions { get; }

    /// <summary>Completes, with why, when the journal is found not to hold what this process has seen of it. The process is to end, and to be started again.</summary>
    Task<JournalLostException> Lost => Continuous.NeverLost;

    /// <summary>
    /// Opens the journal, creating or migrating it where needed. Called once, before anything else.
    /// </summary>
    /// <exception cref="JournalRefusedException">Another process has it, its schema is newer, or it has another number of partitions.</exception>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>Appends the records, in order, and completes when they are durable; their sequence and time of receipt are then set.</summary>
    ValueTask AppendAsync(Topic topic, int partition, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken);

    /// <summary>Makes a transition durable. False, and nothing written, where the stored snapshot is not of the expected version.</summary>
    ValueTask<bool> CommitAsync(TransitionCommit commit, CancellationToken cancellationToken);

    /// <summary>
    /// Records of a partition after a sequence, ascending: at most <paramref name="maxRecords"/>, and at most <paramref name="maxBytes"/> of payload
    /// beyond the first. Empty where there are none yet. Starts at the oldest kept where <paramref name="after"/> is older.
    /// </summary>
    ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(Topic topic, int partition, long after, int maxRecords, int maxBytes, CancellationToken cancellationToken);

    /// <summary>Completes when a record after the sequence may be there: at once where it is, else woken by an append. Ends by cancellation only.</summary>
    Task WaitAsync(Topic topic, int partition, long after, CancellationToken cancellationToken);

    /// <summary>The last sequence of a partition; 0 while it is empty.</summary>
    ValueTask<long> HeadAsync(Topic topic, int partition, CancellationToken cancellationToken);

    /// <summary>Records of several keys of one partition, each after a sequence of its own, ascending: all there are. A key without records may be missing.</summary>
    ValueTask<IReadOnlyDictionary<string, IReadOnlyList<JournalRecord>>> ReadKeysAsync(
        Topic topic, int partition, IReadOnlyCollection<(string Key, long After)> keys, CancellationToken cancellationToken);

    /// <summary>
    /// Records of one key with a sequence below <paramref name="before"/> (<see cref="long.MaxValue"/>: from the newest), descending, at most <paramref name="maxRecords"/>.
    /// </summary>
    ValueTask<IReadOnlyList<JournalRecord>> ReadKeyBackwardsAsync(
        Topic topic, int partition, string key, long before, int maxRecords, CancellationToken cancellationToken);

    /// <summary>The stored snapshots of the keys; a key without one is missing.</summary>
    ValueTask<IReadOnlyDictionary<string, Snapshot>> LoadSnapshotsAsync(
        Topic topic, int partition, IReadOnlyCollection<string> keys, CancellationToken cancellationToken);

    /// <summary>Stores snapshots, each only where none with a larger position or version is stored. Durable when complete.</summary>
    ValueTask SaveSnapshotsAsync(Topic topic, int partition, IReadOnlyCollection<Snapshot> snapshots, CancellationToken cancellationToken);

    /// <summary>Removes the snapshots of keys that are forgotten.</summary>
    ValueTask DeleteSnapshotsAsync(Topic topic, int partition, IReadOnlyCollection<string> keys, CancellationToken cancellationToken);

    /// <summary>Where the consumer of the partition is; <see cref="Checkpoint.None"/> at first.</summary>
    ValueTask<Checkpoint> LoadCheckpointAsync(Topic topic, int partition, CancellationToken cancellationToken);

    /// <summary>Stores where the consumer of the partition is; ignored where a larger position is stored. Durable when complete.</summary>
    ValueTask SaveCheckpointAsync(Topic topic, int partition, Checkpoint checkpoint, CancellationToken cancellationToken);

    /// <summary>Stores that the consumers of these partitions were receiving and applying at a time. Durable when complete.</summary>
    ValueTask BeatAsync(Topic topic, IReadOnlyCollection<int> partitions, long atMs, CancellationToken cancellationToken);

    /// <summary>The latest <see cref="Checkpoint.BeatMs"/> of the topic's partitions; 0 where none ever beat.</summary>
    ValueTask<long> LatestBeatAsync(Topic topic, CancellationToken cancellationToken);

    /// <summary>
    /// Drops records received before a time, in whole segments, never one above its partition's <see cref="Checkpoint.Floor"/> or <see cref="Checkpoint.Position"/>.
    /// Answers how many segments went.
    /// </summary>
    ValueTask<int> TrimAsync(Topic topic, DateTimeOffset before, CancellationToken cancellationToken);

    /// <summary>Whether the journal can be written now: null, or why not. Cheap: it answers what the last write found, and writes where that is old.</summary>
    ValueTask<string?> ProbeAsync(CancellationToken cancellationToken);
}

/// <summary>Of journals that keep what they have shown, as a file of one's own does.</summary>
internal static class Continuous
{
    public static Task<JournalLostException> NeverLost { get; } = new TaskCompletionSource<JournalLostException>().Task;
}
