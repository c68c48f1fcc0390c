namespace Monitor.Journal.Postgres;

/// <summary>What a caller has asked of a writer. Many share one call of the server.</summary>
internal abstract class WriteOperation(long since, CancellationToken cancellationToken)
{
    /// <summary>Since when the caller is waiting.</summary>
    public long Since { get; } = since;

    /// <summary>Obeyed until the writer takes the operation up; then its outcome is known soon.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;

    public abstract int Records { get; }

    public abstract long Bytes { get; }

    public abstract void AddTo(WriteGroup group);

    /// <summary>Sets what the server has decided, in the order in which the operations were added.</summary>
    public abstract void Apply(WriteGroup group);

    public abstract void Complete();

    public abstract void Fail(Exception reason);
}

internal sealed class AppendOperation(Topic topic, int partition, IReadOnlyList<JournalRecord> records, long bytes, long since, CancellationToken cancellationToken)
    : WriteOperation(since, cancellationToken)
{
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Done => done.Task;

    public override int Records => records.Count;

    public override long Bytes => bytes;

    public override void AddTo(WriteGroup group)
    {
        foreach (var record in records) group.Add(topic, partition, record, commit: 0);
    }

    public override void Apply(WriteGroup group)
    {
        foreach (var record in records) group.Place(topic, partition, record);
    }

    public override void Complete() => done.SetResult();

    public override void Fail(Exception reason) => done.TrySetException(reason);
}

internal sealed class CommitOperation(TransitionCommit commit, long bytes, long since, CancellationToken cancellationToken) : WriteOperation(since, cancellationToken)
{
    private readonly TaskCompletionSource<bool> kept = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool answer;

    public Task<bool> Kept => kept.Task;

    public TransitionCommit Commit { get; } = commit;

    /// <summary>Its place among the group's commits, from 1.</summary>
    public int Number { get; set; }

    public override int Records => Commit.Events.Count;

    public override long Bytes => bytes;

    public override void AddTo(WriteGroup group)
    {
        foreach (var (partition, record) in Commit.Events) group.Add(Topic.Events, partition, record, Number);
    }

    public override void Apply(WriteGroup group)
    {
        answer = group.Kept[Number - 1];
        if (!answer) return;
        foreach (var (partition, record) in Commit.Events) group.Place(Topic.Events, partition, record);
    }

    public override void Complete() => kept.SetResult(answer);

    public override void Fail(Exception reason) => kept.TrySetException(reason);
}
