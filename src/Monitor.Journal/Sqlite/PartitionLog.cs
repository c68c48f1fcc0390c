namespace Monitor.Journal.Sqlite;

/// <summary>One partition of a topic, in memory: where it ends, its newest records, who waits for more, and what the writer is about to commit.</summary>
internal sealed class PartitionLog(Topic topic, int partition)
{
    private readonly Lock gate = new();
    private TaskCompletionSource? appended;
    private Exception? closed;
    private long head;

    public Topic Topic { get; } = topic;

    public int Partition { get; } = partition;

    public Tail Tail { get; } = new();

    /// <summary>The last sequence that is durable and to be seen.</summary>
    public long Head => Volatile.Read(ref head);

    /// <summary>The last time of receipt: the next is never before it. The writer's alone.</summary>
    public long LastReceivedMs { get; private set; }

    /// <summary>Records of the group that is being committed. The writer's alone, as all that is staged.</summary>
    public List<JournalRecord> Staged { get; } = [];

    /// <summary>The terms of the staged records' keys.</summary>
    public List<long> StagedTerms { get; } = [];

    /// <summary>The staged rows: the first sequence and the row of each.</summary>
    public List<Posting> StagedBatches { get; } = [];

    /// <summary>Sets where it ends as it is opened.</summary>
    public void Restore(long lastSequence, long lastReceivedMs)
    {
        head = lastSequence;
        LastReceivedMs = lastReceivedMs;
    }

    public void Discard()
    {
        Staged.Clear();
        StagedTerms.Clear();
        StagedBatches.Clear();
    }

    /// <summary>Makes what was staged visible: it is durable.</summary>
    public void Publish(long receivedMs, SegmentIndex index, Posting origin, TailBudget budget)
    {
        var sequence = head;
        foreach (var record in Staged)
        {
            record.Sequence = ++sequence;
            record.ReceivedAtMs = receivedMs;
        }
        index.Add(this, origin);
        budget.Append(Tail, Staged);
        LastReceivedMs = receivedMs;
        TaskCompletionSource? waiting;
        lock (gate)
        {
            Volatile.Write(ref head, sequence);
            (waiting, appended) = (appended, null);
        }
        waiting?.SetResult();
        Discard();
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
                next = (appended ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
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
            (waiting, appended) = (appended, null);
        }
        waiting?.SetResult();
    }
}
