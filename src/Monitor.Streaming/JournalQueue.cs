using Microsoft.Extensions.Logging;
using Monitor.Journal;
using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams;

namespace Monitor.Streaming;

/// <summary>
/// The queue of one partition: reads the journal for the pulling agent, and keeps the runs read until every cursor has passed them.
/// <para>It rewinds: a cursor that is asked for from before what is kept makes the queue read again from there. It never skips: what a cursor hands out
/// follows what it handed out before.</para>
/// <para>A cursor from a token first yields an empty run in that place. The agent, told by a consumer to go on from a token, passes over one run, taking it for delivered
/// already; were it a real one, what follows the token in it would be lost.</para>
/// <para>Receiver and cache are used by one agent, in its own turns; only the wait for an append is elsewhere.</para>
/// </summary>
internal sealed partial class JournalQueue(IJournal journal, Topic topic, int partition, JournalStreamOptions options, TimeProvider clock, ILogger logger)
    : IQueueAdapterReceiver, IQueueCache, IDisposable
{
    private readonly StreamId streamId = JournalStreams.IdOf(topic, partition);
    private readonly List<RecordRun> runs = []; // contiguous, ascending
    private readonly HashSet<Cursor> cursors = [];
    private readonly CancellationTokenSource stopping = new();
    private TaskCompletionSource room = NewSignal();
    private long read; // every record up to this is in runs, or was
    private int rewinds;
    private int polled; // rewinds when the last run was read
    private CancellationTokenSource? waiting; // the poll that waits for an append
    private bool started;
    private long? gathersSince; // timestamp of the last read, where it was not full

    public async Task Initialize(TimeSpan timeout)
    {
        await Start(stopping.Token);
    }

    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.PollTimeout, clock);
        using var poll = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping.Token, timeout.Token);
        try
        {
            await Start(poll.Token);
            while (runs.Count >= options.ReadAhead)
            {
                await room.Task.WaitAsync(poll.Token);
            }

            waiting = poll;
            await journal.WaitAsync(topic, partition, read, poll.Token);
            await Gather(poll.Token);
            var from = read;
            polled = rewinds;
            var records = await journal.ReadAsync(topic, partition, from, options.DeliveryRecords, options.DeliveryBytes, poll.Token);
            gathersSince = records.Count < options.DeliveryRecords ? clock.GetTimestamp() : null;
            if (records.Count == 0) return [];
            if (from > 0 && records[0].Sequence != from + 1) LogGap(topic, partition, from, records[0].Sequence);
            return [new RecordRun(streamId, records[0].Sequence, records as JournalRecord[] ?? [.. records])];
        }
        catch (OperationCanceledException) when (poll.IsCancellationRequested)
        {
            return [];
        }
        catch (JournalLostException)
        {
            // The process ends for it, and has said so.
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, poll.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            return [];
        }
        catch (JournalUnavailableException e)
        {
            LogUnavailable(topic, partition, e.Message);
            return [];
        }
        finally
        {
            waiting = null;
        }
    }

    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages, CancellationToken cancellationToken) => Task.CompletedTask;

    // Orleans still declares the overloads without a token; it calls the others.
    Task<IList<IBatchContainer>> IQueueAdapterReceiver.GetQueueMessagesAsync(int maxCount) => GetQueueMessagesAsync(maxCount, CancellationToken.None);

    Task IQueueAdapterReceiver.MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    public async Task Shutdown(TimeSpan timeout)
    {
        await stopping.CancelAsync();
    }

    public void Dispose() => stopping.Dispose();

    public int GetMaxAddCount() => options.ReadAhead;

    public bool IsUnderPressure() => false; // the receiver waits for room itself

    public void AddToCache(IList<IBatchContainer> messages)
    {
        if (polled != rewinds) return; // a rewind came between reading and adding: it is read again
        foreach (var run in messages.Cast<RecordRun>())
        {
            runs.Add(run);
            read = run.Last;
        }

        // A cursor that is ahead of what is read would never come by to let it go.
        Release();
    }

    public bool TryPurgeFromCache(out IList<IBatchContainer> purgedItems)
    {
        purgedItems = [];
        return false; // cursors release what they have passed
    }

    public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token)
    {
        var from = token?.SequenceNumber ?? (runs.Count > 0 ? runs[0].First : read + 1);
        if (from <= read && (runs.Count == 0 || from < runs[0].First))
        {
            runs.Clear();
            read = from - 1;
            rewinds++;
            waiting?.Cancel();
        }

        var cursor = new Cursor(this, from, marks: token is not null);
        cursors.Add(cursor);
        Release();
        return cursor;
    }

    private async ValueTask Start(CancellationToken cancellationToken)
    {
        if (started) return;
        var checkpoint = await journal.LoadCheckpointAsync(topic, partition, cancellationToken);
        if (started) return;
        if (read == 0) read = checkpoint.Position;
        started = true;
    }

    private Task Gather(CancellationToken cancellationToken) =>
        gathersSince is { } since && options.ReadPeriod - clock.GetElapsedTime(since) is var rest && rest > TimeSpan.Zero
            ? Task.Delay(rest, clock, cancellationToken)
            : Task.CompletedTask;

    private RecordRun? RunWith(long sequence) => runs.Find(r => r.Last >= sequence);

    private void Release()
    {
        var passed = cursors.Count == 0 ? long.MinValue : cursors.Min(c => c.Next);
        if (runs.RemoveAll(r => r.Last < passed) == 0 && runs.Count >= options.ReadAhead) return;
        Interlocked.Exchange(ref room, NewSignal()).TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(1100, LogLevel.Warning, "{Topic} partition {Partition}: records after {From} up to {To} have passed their retention before they were delivered.")]
    private partial void LogGap(Topic topic, int partition, long from, long to);

    [LoggerMessage(1101, LogLevel.Warning, "{Topic} partition {Partition} cannot be read: {Reason} It will be tried again.")]
    private partial void LogUnavailable(Topic topic, int partition, string reason);

    private sealed class Cursor(JournalQueue queue, long next, bool marks) : IQueueCacheCursor
    {
        private bool marking = marks;
        private RecordRun? current;

        /// <summary>The first sequence not handed out.</summary>
        public long Next { get; private set; } = next;

        public IBatchContainer? GetCurrent(out Exception? exception)
        {
            exception = null;
            return current;
        }

        public bool MoveNext()
        {
            if (marking)
            {
                marking = false;
                current = new RecordRun(queue.streamId, Next, []);
                return true;
            }

            if (current is { Records.Length: > 0 })
            {
                Next = current.Last + 1;
                current = null;
                queue.Release();
            }

            if (queue.RunWith(Next) is not { } run) return false;
            current = run;
            return true;
        }

        public void Refresh(StreamSequenceToken token)
        {
        }

        public void RecordDeliveryFailure()
        {
        }

        public void Dispose()
        {
            queue.cursors.Remove(this);
            queue.Release();
        }
    }
}
