using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Monitor.Journal.Sqlite;

/// <summary>
/// The one writer, on a thread of its own: takes all that waits, writes it as one transaction, makes it visible once it is durable, then tells the callers.
/// While one group is being synced, the next gathers; so the groups grow with the load. All members but <see cref="Submit"/>, <see cref="LastOutcome"/>
/// and <see cref="Completion"/> are for its thread.
/// </summary>
internal sealed partial class JournalWriter : IDisposable
{
    private const int QueuedOperations = 4096;
    private const int GroupRecords = 2000;
    private const long GroupBytes = 4 << 20;

    /// <summary>A row beyond the page makes a read of one of its records slower; a row for each record makes the write slower.</summary>
    private const int BatchBytes = 32 << 10;

    private readonly Channel<WriteOperation> queue = Channel.CreateBounded<WriteOperation>(new BoundedChannelOptions(QueuedOperations) { SingleReader = true });
    private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<WriteOperation> group = [];
    private readonly List<PartitionLog> touched = [];
    private readonly RecordBatchWriter batch = new();
    private readonly TailBudget tails;
    private readonly Database database;
    private readonly TopicLog[] topics;
    private readonly SqliteJournalOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Upkeep upkeep;
    private readonly WalCheckpoints checkpoints;
    private long lastSegment;
    private volatile WriteOutcome lastOutcome;

    public JournalWriter(
        Database database, TopicLog[] topics, long lastSegment, SqliteJournalOptions options, TimeProvider time, ILogger logger)
    {
        (this.database, this.topics, this.lastSegment, this.options, this.time, this.logger) = (database, topics, lastSegment, options, time, logger);
        Tables = new(database);
        tails = new(options.TailBytes);
        upkeep = new(database, Tables, logger);
        checkpoints = new(database, options.Path, logger);
        lastOutcome = new(time.GetTimestamp(), null);
    }

    public WriterTables Tables { get; }

    /// <summary>When it last wrote, or failed to.</summary>
    public WriteOutcome LastOutcome => lastOutcome;

    /// <summary>Ends when all that was submitted is done.</summary>
    public Task Completion => completion.Task;

    public TopicLog Topic(Topic topic) => topics[(int)topic - 1];

    /// <summary>Stores the index of these segments, and deletes the rows of those, when there is time.</summary>
    public void Resume(IEnumerable<Segment> unindexed, IEnumerable<Segment> dropped)
    {
        foreach (var segment in dropped) upkeep.Reclaim(segment, Topic(segment.Topic).Table);
        foreach (var segment in unindexed) upkeep.StoreIndex(segment);
    }

    /// <summary>Begins to write. A topic that has no segment gets its first.</summary>
    public void Start()
    {
        foreach (var topic in topics.Where(topic => topic.Segments.Length == 0)) Roll(topic);
        new Thread(Run) { IsBackground = true, Name = "journal-writer" }.Start();
    }

    /// <summary>Takes no more; what is queued is still done.</summary>
    public void Complete() => queue.Writer.TryComplete();

    /// <summary>Hands over an operation, waiting where too many are waiting.</summary>
    /// <exception cref="ObjectDisposedException">It has been closed.</exception>
    public ValueTask Submit(WriteOperation operation) => queue.Writer.TryWrite(operation) ? default : SubmitSlowly(operation);

    /// <summary>Puts a record behind what its partition has staged.</summary>
    public void Stage(PartitionLog log, JournalRecord record)
    {
        if (log.Staged.Count == 0) touched.Add(log);
        log.Staged.Add(record);
    }

    /// <summary>Forgets the first segments of a topic.</summary>
    public void Drop(TopicLog topic, int count)
    {
        if (count == 0) return;
        var gone = topic.Segments[..count];
        topic.Segments = topic.Segments[count..];
        foreach (var segment in gone)
        {
            segment.Dropped = true;
            upkeep.Reclaim(segment, topic.Table);
        }
        LogTrimmed(logger, topic.Table, count);
    }

    /// <summary>Closes what it has of the file, after its <see cref="Completion"/>.</summary>
    public void Dispose()
    {
        checkpoints.Dispose();
        Tables.Dispose();
    }

    private async ValueTask SubmitSlowly(WriteOperation operation)
    {
        while (await queue.Writer.WaitToWriteAsync(operation.CancellationToken))
        {
            if (queue.Writer.TryWrite(operation)) return;
        }
        throw new ObjectDisposedException(nameof(SqliteJournal));
    }

    private void Run()
    {
        while (true)
        {
            if (TakeGroup()) WriteGroup();
            else if (queue.Reader.Completion.IsCompleted || (!upkeep.HasWork && !WaitForWork())) break;
            if (upkeep.HasWork) upkeep.Step();
            checkpoints.RunIfDue();
        }
        completion.SetResult();
    }

    // The thread is the writer's own: it has nothing to do but to wait here.
    private bool WaitForWork()
    {
        var waiting = queue.Reader.WaitToReadAsync();
        return waiting.IsCompletedSuccessfully ? waiting.GetAwaiter().GetResult() : waiting.AsTask().GetAwaiter().GetResult();
    }

    private bool TakeGroup()
    {
        group.Clear();
        var (records, bytes) = (0, 0L);
        while (records < GroupRecords && bytes < GroupBytes && group.Count < GroupRecords && queue.Reader.TryRead(out var operation))
        {
            if (operation.CancellationToken.IsCancellationRequested)
            {
                operation.Fail(new OperationCanceledException(operation.CancellationToken));
                continue;
            }
            group.Add(operation);
            records += operation.Records;
            bytes += operation.Bytes;
        }
        return group.Count > 0;
    }

    private void WriteGroup()
    {
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        try
        {
            foreach (var topic in topics)
            {
                if (IsFull(topic, nowMs)) Roll(topic);
            }
            Tables.Begin();
            foreach (var operation in group) operation.Apply(this);
            foreach (var log in touched) WriteBatches(log, Math.Max(nowMs, log.LastReceivedMs));
            Tables.Commit();
        }
        catch (Exception e)
        {
            FailGroup(e);
            return;
        }
        // What is durable must become visible: a failure in here ends the process, and the next reads it from the file.
        Publish(nowMs);
    }

    private void WriteBatches(PartitionLog log, long receivedMs)
    {
        var topic = Topic(log.Topic);
        var sequence = log.Head;
        batch.Clear();
        var first = sequence + 1;
        foreach (var record in log.Staged)
        {
            if (batch.Written.Length > 0 && batch.Written.Length + record.Payload.Length > BatchBytes) Flush();
            log.StagedTerms.Add(batch.Add(log.Partition, record));
            sequence++;
        }
        Flush();

        void Flush()
        {
            var row = new Posting(first, topic.LastBatch + topic.StagedBatches + 1);
            Tables.InsertBatch(log.Topic, row, log.Partition, receivedMs, batch.Written);
            log.StagedBatches.Add(row);
            topic.StagedBatches++;
            first = sequence + 1;
            batch.Clear();
        }
    }

    private void Publish(long nowMs)
    {
        foreach (var log in touched)
        {
            var receivedMs = Math.Max(nowMs, log.LastReceivedMs);
            var segment = Topic(log.Topic).Open;
            if (segment.Records == 0) segment.FirstReceivedMs = receivedMs;
            segment.Records += log.Staged.Count;
            log.Publish(receivedMs, segment.Index!, segment.Origin(log.Partition), tails);
        }
        touched.Clear();
        foreach (var topic in topics)
        {
            topic.LastBatch += topic.StagedBatches;
            topic.StagedBatches = 0;
        }
        foreach (var operation in group) operation.Publish(this);
        if (lastOutcome.Error is not null) LogResumed(logger, options.Path);
        lastOutcome = new(time.GetTimestamp(), null);
        upkeep.Unpause();
        foreach (var operation in group) operation.Complete();
    }

    private void FailGroup(Exception e)
    {
        database.RollBack();
        foreach (var log in touched) log.Discard();
        touched.Clear();
        foreach (var topic in topics) topic.StagedBatches = 0;
        checkpoints.MakeDue();
        var reason = $"The journal '{options.Path}' cannot be written: {e.Message}";
        if (lastOutcome.Error is null) LogFailed(logger, e, options.Path);
        lastOutcome = new(time.GetTimestamp(), reason);
        foreach (var operation in group) operation.Fail(new JournalUnavailableException(reason, e));
    }

    private bool IsFull(TopicLog topic, long nowMs)
    {
        var age = topic.Topic == Journal.Topic.Reports ? options.ReportSegmentAge : options.EventSegmentAge;
        var open = topic.Open;
        return open.Records >= options.SegmentRecords || (open.Records > 0 && nowMs - open.FirstReceivedMs >= age.TotalMilliseconds);
    }

    private void Roll(TopicLog topic)
    {
        var next = new Segment(
            lastSegment + 1,
            topic.Topic,
            topic.LastBatch + 1,
            Array.ConvertAll(topic.Partitions, log => log.Head),
            Array.ConvertAll(topic.Partitions, log => log.LastReceivedMs)) { Index = new() };
        database.Transact(() => Tables.InsertSegment(next));
        lastSegment++;
        if (topic.Segments.Length > 0)
        {
            topic.Open.Seal(next);
            upkeep.StoreIndex(topic.Open);
        }
        topic.Segments = [.. topic.Segments, next];
    }
}

/// <param name="Timestamp">Of the time provider.</param>
/// <param name="Error">Why it failed; null: it did not.</param>
internal sealed record WriteOutcome(long Timestamp, string? Error);
