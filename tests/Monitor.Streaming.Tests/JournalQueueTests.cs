using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Monitor.Journal;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace Monitor.Streaming.Tests;

/// <summary>The queue as the pulling agent uses it, over a real journal; its clock stands still.</summary>
public sealed class JournalQueueTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Poll_ManyRecords_HandsOutAllInOrder()
    {
        await using var journal = await OpenJournal.CreateAsync();
        await journal.AppendAsync(23);
        var queue = QueueOver(journal);
        using var cursor = queue.GetCacheCursor(default, null);
        Assert.Equal(Sequences(1, 23), await TakeAsync(queue, cursor, 23));
    }

    [Fact]
    public async Task Poll_ACheckpointIsStored_StartsAfterIt()
    {
        await using var journal = await OpenJournal.CreateAsync();
        await journal.AppendAsync(10);
        await journal.Probe.SaveCheckpointAsync(Topic.Reports, 0, new(6, 0, [], 0), CancellationToken.None);
        var queue = QueueOver(journal);
        using var cursor = queue.GetCacheCursor(default, null);
        Assert.Equal(Sequences(7, 10), await TakeAsync(queue, cursor, 4));
    }

    [Fact]
    public async Task Poll_NothingThere_IsWokenByAnAppend()
    {
        await using var journal = await OpenJournal.CreateAsync();
        var queue = QueueOver(journal);
        var poll = queue.GetQueueMessagesAsync(1, CancellationToken.None);
        await journal.AppendAsync(1);
        Assert.Equal(1, ((RecordRun)Assert.Single(await poll.WaitAsync(Limit))).First);
    }

    [Fact]
    public async Task Poll_SoonAfterOneThatWasNotFull_ReadsWhatCameMeanwhileAtOnce()
    {
        await using var journal = await OpenJournal.CreateAsync();
        var clock = new FakeTimeProvider();
        var queue = QueueOver(journal, clock: clock);
        await journal.AppendAsync(1);
        queue.AddToCache(await queue.GetQueueMessagesAsync(1, CancellationToken.None));
        await journal.AppendAsync(1);
        var poll = queue.GetQueueMessagesAsync(1, CancellationToken.None);
        await journal.AppendAsync(1);
        Assert.False(poll.IsCompleted);

        clock.Advance(TimeSpan.FromMilliseconds(20));
        var run = (RecordRun)Assert.Single(await poll.WaitAsync(Limit));
        Assert.Equal((2, 3), (run.First, run.Last));

        clock.Advance(TimeSpan.FromMilliseconds(20));
        await journal.AppendAsync(1);
        Assert.Single(await queue.GetQueueMessagesAsync(1, CancellationToken.None).WaitAsync(Limit));
    }

    [Fact]
    public async Task Poll_NothingComes_EndsEmptyAfterItsTime()
    {
        await using var journal = await OpenJournal.CreateAsync();
        var clock = new FakeTimeProvider();
        var queue = QueueOver(journal, clock: clock);
        var poll = queue.GetQueueMessagesAsync(1, CancellationToken.None);
        await WaitingAsync(journal);
        clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Empty(await poll.WaitAsync(Limit));
    }

    [Fact]
    public async Task Poll_ItsTimerFiresAsItEnds_IsHarmless()
    {
        await using var journal = await OpenJournal.CreateAsync();
        await journal.AppendAsync(1);
        var timers = new LateTimers();
        var queue = QueueOver(journal, clock: timers);
        Assert.Single(await queue.GetQueueMessagesAsync(1, CancellationToken.None));
        Assert.Equal(1, timers.FireAll());
    }

    [Fact]
    public async Task Poll_ShutDown_EndsEmpty()
    {
        await using var journal = await OpenJournal.CreateAsync();
        var queue = QueueOver(journal);
        var poll = queue.GetQueueMessagesAsync(1, CancellationToken.None);
        await queue.Shutdown(Limit);
        Assert.Empty(await poll.WaitAsync(Limit));
    }

    [Theory]
    [InlineData(nameof(IJournal.LoadCheckpointAsync))]
    [InlineData(nameof(IJournal.WaitAsync))]
    [InlineData(nameof(IJournal.ReadAsync))]
    public async Task Poll_TheJournalFails_ComesBackEmptyAndSkipsNothing(string method)
    {
        await using var journal = await OpenJournal.CreateAsync();
        await journal.AppendAsync(9);
        var queue = QueueOver(journal);
        using var cursor = queue.GetCacheCursor(default, null);
        journal.Probe.Fail(method, 2);
        Assert.Empty(await queue.GetQueueMessagesAsync(1, CancellationToken.None));
        Assert.Empty(await queue.GetQueueMessagesAsync(1, CancellationToken.None));
        Assert.Equal(Sequences(1, 9), await TakeAsync(queue, cursor, 9));
    }

    [Fact]
    public async Task Poll_ReadAheadIsFull_WaitsUntilACursorHasPassedARun()
    {
        await using var journal = await OpenJournal.CreateAsync();
        await journal.AppendAsync(30);
        var queue = QueueOver(journal);
        using var cursor = queue.GetCacheCursor(default, null);
        for (var i = 0; i < 4; i++) await ReadAsync(queue);
        journal.Probe.Reset();
        var poll = queue.GetQueueMessagesAsync(1, CancellationToken.None);
        Assert.True(MoveNext(cursor));
        Assert.False(poll.IsCompleted);
        Assert.Equal(0, journal.Probe.Calls(nameof(IJournal.ReadAsync)));
        Assert.True(MoveNext(cursor)); // lets the first go
        Assert.Equal(9, ((RecordRun)Assert.Single(await poll.WaitAsync(Limit))).First);
    }

    [Fact]
    public async Task Cursor_TwoConsumers_KeepsWhatTheSlowerHasNotPassed()
    {
        await using var journal = await OpenJournal.CreateAsync();
        await journal.AppendAsync(6);
        var queue = QueueOver(journal);
        using var slow = queue.GetCacheCursor(default, null);
        using var quick = queue.GetCacheCursor(default, null);
        Assert.Equal(Sequences(1, 6), await TakeAsync(queue, quick, 6));
        Assert.False(MoveNext(quick));
        Assert.Equal(Sequences(1, 6), Drain(slow));
    }

    [Fact]
    public async Task Cursor_FromAToken_YieldsAMarkBeforeWhatFollows()
    {
        await using var journal = await OpenJournal.CreateAsync();
        await journal.AppendAsync(6);
        var queue = QueueOver(journal);
        await ReadAsync(queue);
        using var cursor = queue.GetCacheCursor(default, new EventSequenceTokenV2(1));
        Assert.True(MoveNext(cursor));
        var mark = Run(cursor);
        Assert.Empty(mark.Records);
        Assert.Empty(mark.GetEvents<IReadOnlyList<JournalRecord>>());
        Assert.True(MoveNext(cursor));
        Assert.Equal([1, 2], Run(cursor).Records.Select(r => r.Sequence));
        Assert.NotEqual(mark.SequenceToken, Run(cursor).SequenceToken);
        Assert.True(Run(cursor).SequenceToken.Newer(mark.SequenceToken));
    }

    [Fact]
    public async Task Cursor_FromBeforeWhatIsKept_ReadsAgain()
    {
        await using var journal = await OpenJournal.CreateAsync();
        await journal.AppendAsync(20);
        var queue = QueueOver(journal);
        var first = queue.GetCacheCursor(default, null);
        await TakeAsync(queue, first, 20);
        Assert.False(MoveNext(first));
        using var again = queue.GetCacheCursor(default, new EventSequenceTokenV2(5));
        first.Dispose();
        Assert.Equal(Sequences(5, 20), await TakeAsync(queue, again, 16));
    }

    [Fact]
    public async Task Cursor_RewindsBetweenReadingAndAdding_SkipsNothing()
    {
        await using var journal = await OpenJournal.CreateAsync();
        await journal.AppendAsync(10);
        var queue = QueueOver(journal);
        var first = queue.GetCacheCursor(default, null);
        await TakeAsync(queue, first, 8);
        Assert.False(MoveNext(first));
        var late = await queue.GetQueueMessagesAsync(1, CancellationToken.None);
        using var again = queue.GetCacheCursor(default, new EventSequenceTokenV2(3));
        first.Dispose();
        queue.AddToCache(late);
        Assert.Equal(Sequences(3, 10), await TakeAsync(queue, again, 8));
    }

    [Fact]
    public async Task Cursor_RewindsWhileAPollWaits_WakesIt()
    {
        await using var journal = await OpenJournal.CreateAsync();
        await journal.AppendAsync(6);
        var queue = QueueOver(journal);
        var first = queue.GetCacheCursor(default, null);
        await TakeAsync(queue, first, 6);
        Assert.False(MoveNext(first));
        journal.Probe.Reset();
        var poll = queue.GetQueueMessagesAsync(1, CancellationToken.None);
        await WaitingAsync(journal);
        using var again = queue.GetCacheCursor(default, new EventSequenceTokenV2(2));
        first.Dispose();
        queue.AddToCache(await poll.WaitAsync(Limit));
        Assert.Equal(Sequences(2, 6), await TakeAsync(queue, again, 5));
    }

    [Fact]
    public async Task Cursor_FarAheadOfWhatIsRead_IsReached()
    {
        await using var journal = await OpenJournal.CreateAsync();
        await journal.AppendAsync(40);
        var queue = QueueOver(journal);
        for (var i = 0; i < 4; i++) await ReadAsync(queue);
        using var cursor = queue.GetCacheCursor(default, new EventSequenceTokenV2(35));
        Assert.Equal(Sequences(35, 40), await TakeAsync(queue, cursor, 6));
    }

    [Fact]
    public async Task Cursor_Disposed_LetsReadingGoOn()
    {
        await using var journal = await OpenJournal.CreateAsync();
        await journal.AppendAsync(30);
        var queue = QueueOver(journal);
        var stuck = queue.GetCacheCursor(default, null);
        using var cursor = queue.GetCacheCursor(default, null);
        Assert.Equal(Sequences(1, 8), await TakeAsync(queue, cursor, 8));
        stuck.Dispose();
        Assert.Equal(Sequences(9, 30), await TakeAsync(queue, cursor, 22));
    }

    private static JournalQueue QueueOver(OpenJournal journal, TimeProvider? clock = null) => new(
        journal.Probe,
        Topic.Reports,
        0,
        new() { DeliveryRecords = 2, ReadAhead = 4 },
        clock ?? new FakeTimeProvider(),
        NullLogger.Instance);

    private static IEnumerable<long> Sequences(int from, int to) => Enumerable.Range(from, to - from + 1).Select(n => (long)n);

    private static RecordRun Run(IQueueCacheCursor cursor) => (RecordRun)cursor.GetCurrent(out _)!;

    private static bool MoveNext(IQueueCacheCursor cursor) => cursor.MoveNextWithResult().Kind == QueueCacheCursorMoveResultKind.Success;

    private static Task WaitingAsync(OpenJournal journal) => Monitor.Testing.Eventually.UntilAsync(
        "the poll waits for an append", () => journal.Probe.Calls(nameof(IJournal.WaitAsync)) > 0);

    private static async Task ReadAsync(JournalQueue queue) =>
        queue.AddToCache(await queue.GetQueueMessagesAsync(queue.GetMaxAddCount(), CancellationToken.None).WaitAsync(Limit));

    private static List<long> Drain(IQueueCacheCursor cursor)
    {
        var taken = new List<long>();
        while (MoveNext(cursor)) taken.AddRange(Run(cursor).Records.Select(r => r.Sequence));
        return taken;
    }

    /// <summary>Reads and moves on, in turns, as the agent does, until so many records are taken.</summary>
    private static async Task<List<long>> TakeAsync(JournalQueue queue, IQueueCacheCursor cursor, int count)
    {
        var taken = new List<long>();
        while (taken.Count < count)
        {
            if (MoveNext(cursor)) taken.AddRange(Run(cursor).Records.Select(r => r.Sequence));
            else await ReadAsync(queue);
        }

        return taken;
    }
}
