using System.Threading.Tasks.Sources;

namespace Monitor.Journal.Sqlite;

/// <summary>What a caller has asked of the writer. Many share one transaction.</summary>
internal abstract class WriteOperation(CancellationToken cancellationToken)
{
    /// <summary>Obeyed until the writer takes the operation up; then its outcome is known soon.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>How many records it brings.</summary>
    public virtual int Records => 0;

    /// <summary>How much payload it brings, in bytes.</summary>
    public virtual long Bytes => 0;

    /// <summary>Writes, within the transaction; changes nothing in memory that is not staged. Throws only where the store fails.</summary>
    public abstract void Apply(JournalWriter writer);

    /// <summary>Makes its effect visible: it is durable.</summary>
    public virtual void Publish(JournalWriter writer) { }

    /// <summary>Tells the caller that it is done.</summary>
    public abstract void Complete();

    /// <summary>Tells the caller that nothing of it was done.</summary>
    public abstract void Fail(Exception reason);
}

/// <inheritdoc/>
internal abstract class WriteOperation<T>(CancellationToken cancellationToken)
    : WriteOperation(cancellationToken), IValueTaskSource<T>, IValueTaskSource
{
    // Callers go on on other threads: the writer's time is for writing.
    private ManualResetValueTaskSourceCore<T> source = new() { RunContinuationsAsynchronously = true };

    public ValueTask<T> Outcome => new(this, source.Version);

    public ValueTask Done => new(this, source.Version);

    protected T Answer { get; set; } = default!;

    public sealed override void Complete() => source.SetResult(Answer);

    public sealed override void Fail(Exception reason) => source.SetException(reason);

    T IValueTaskSource<T>.GetResult(short token) => source.GetResult(token);

    void IValueTaskSource.GetResult(short token) => source.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        source.OnCompleted(continuation, state, token, flags);
}
