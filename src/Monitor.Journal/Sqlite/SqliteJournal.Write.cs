namespace Monitor.Journal.Sqlite;

internal sealed partial class SqliteJournal
{
    /// <summary>A write younger than this tells whether the journal can be written.</summary>
    private static readonly TimeSpan ProbeAge = TimeSpan.FromSeconds(1);

    /// <summary>So that appends need not wait for thousands of them.</summary>
    private const int SnapshotsAtOnce = 500;

    public ValueTask AppendAsync(Topic topic, int partition, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken)
    {
        var log = OpenTopic(topic, partition).Partitions[partition];
        if (records.Count == 0) return default;
        var bytes = 0L;
        for (var i = 0; i < records.Count; i++) bytes += Rules.Check(records[i]);
        var operation = new AppendOperation(log, records, bytes, cancellationToken);
        var submitted = Opened().Writer.Submit(operation);
        return submitted.IsCompletedSuccessfully ? operation.Done : Slowly(submitted, operation);

        static async ValueTask Slowly(ValueTask submitted, AppendOperation operation)
        {
            await submitted;
            await operation.Done;
        }
    }

    public ValueTask<bool> CommitAsync(TransitionCommit commit, CancellationToken cancellationToken)
    {
        OpenTopic(Topic.Reports, commit.Partition);
        Rules.CheckKey(commit.Snapshot.Key);
        var bytes = (long)commit.Snapshot.Payload.Length;
        foreach (var (partition, record) in commit.Events)
        {
            OpenTopic(Topic.Events, partition);
            bytes += Rules.Check(record);
        }
        return DoAsync(new CommitOperation(commit, bytes, cancellationToken));
    }

    public async ValueTask SaveSnapshotsAsync(Topic topic, int partition, IReadOnlyCollection<Snapshot> snapshots, CancellationToken cancellationToken)
    {
        OpenTopic(topic, partition);
        foreach (var snapshot in snapshots) Rules.CheckKey(snapshot.Key);
        foreach (var some in snapshots.Chunk(SnapshotsAtOnce)) await DoAsync(new SaveSnapshotsOperation(topic, partition, some, cancellationToken));
    }

    public async ValueTask DeleteSnapshotsAsync(Topic topic, int partition, IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        OpenTopic(topic, partition);
        foreach (var some in keys.Chunk(SnapshotsAtOnce)) await DoAsync(new DeleteSnapshotsOperation(topic, partition, some, cancellationToken));
    }

    public async ValueTask SaveCheckpointAsync(Topic topic, int partition, Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        OpenTopic(topic, partition);
        await DoAsync(new SaveCheckpointOperation(topic, partition, checkpoint, cancellationToken));
    }

    public async ValueTask BeatAsync(Topic topic, IReadOnlyCollection<int> partitions, long atMs, CancellationToken cancellationToken)
    {
        if (partitions.Count == 0) return;
        foreach (var partition in partitions) OpenTopic(topic, partition);
        await DoAsync(new BeatOperation(topic, partitions, atMs, cancellationToken));
    }

    public ValueTask<int> TrimAsync(Topic topic, DateTimeOffset before, CancellationToken cancellationToken)
    {
        OpenTopic(topic, 0);
        return DoAsync(new TrimOperation(topic, before.ToUnixTimeMilliseconds(), cancellationToken));
    }

    public async ValueTask<string?> ProbeAsync(CancellationToken cancellationToken)
    {
        var last = Opened().Writer.LastOutcome;
        if (time.GetElapsedTime(last.Timestamp) < ProbeAge) return last.Error;
        try
        {
            await DoAsync(new ProbeOperation(time.GetUtcNow().ToUnixTimeMilliseconds(), cancellationToken));
            return null;
        }
        catch (JournalUnavailableException e)
        {
            return e.Message;
        }
    }

    /// <summary>For tests: lets the file grow no further than so many pages, as a full disk would.</summary>
    internal async Task LimitPagesAsync(int pages) => await DoAsync(new LimitPagesOperation(pages));

    private async ValueTask<T> DoAsync<T>(WriteOperation<T> operation)
    {
        await Opened().Writer.Submit(operation);
        return await operation.Outcome;
    }
}
