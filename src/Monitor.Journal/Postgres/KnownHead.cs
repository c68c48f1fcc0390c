namespace Monitor.Journal.Postgres;

/// <summary>How far a partition is known to reach, and who waits for it to reach further. What other processes append is heard of a moment later.</summary>
internal sealed class KnownHead
{
    private readonly Lock gate = new();
    private TaskCompletionSource? advanced;
    private Exception? closed;
    private long head;

    public void Advance(long to)
    {
        TaskCompletionSource? waiting;
        lock (gate)
        {
            if (to <= head) return;
            head = to;
            (waiting, advanced) = (advanced, null);
        }
        waiting?.SetResult();
    }

    /// <summary>Completes once the head is beyond a sequence.</summary>
    public async Task WaitAsync(long after, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (closed is not null) throw closed;
                if (head > after) return;
                next = (advanced ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
            await next.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Ends all waits, now and later.</summary>
    public void Close(Exception reason)
    {
        TaskCompletionSource? waiting;
        lock (gate)
        {
            closed = reason;
            (waiting, advanced) = (advanced, null);
        }
        waiting?.SetResult();
    }
}
