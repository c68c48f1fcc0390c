namespace Monitor.Journal.Postgres;

/// <summary>How far a partition is known to reach, and who waits for it to reach further. What other processes append is heard of a moment later.</summary>
internal sealed class KnownHead
{
    private readonly Lock gate = new();
    private TaskCompletionSource? advanced;
    private Exception? closed;
    private long head;
    private long found;
    private SeenRecord? seen;

    /// <summary>A head that the server itself has answered: it never goes back, unless the journal does.</summary>
    public long Found
    {
        get { lock (gate) return found; }
    }

    /// <summary>The last record that this process has written or read.</summary>
    public SeenRecord? Seen
    {
        get { lock (gate) return seen; }
    }

    /// <summary>Takes up a head that somebody has told: it wakes, and proves nothing.</summary>
    public void Hear(long to)
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

    /// <summary>Takes up a head that the server has answered.</summary>
    public void Find(long to)
    {
        lock (gate) found = Math.Max(found, to);
        Hear(to);
    }

    /// <summary>Takes up a record that was written or read.</summary>
    public void See(JournalRecord record)
    {
        lock (gate)
        {
            if (seen is null || record.Sequence > seen.Sequence) seen = new(record.Sequence, record.ReceivedAtMs, record.Key);
        }
        Find(record.Sequence);
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

/// <summary>What tells a record from another that got the same sequence in another history of the journal.</summary>
internal sealed record SeenRecord(long Sequence, long ReceivedAtMs, string Key);
