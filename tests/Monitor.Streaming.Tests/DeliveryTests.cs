using Monitor.Journal;
using Monitor.Testing;
using Orleans.Providers.Streams.Common;

namespace Monitor.Streaming.Tests;

/// <summary>The provider in a silo, over a real journal.</summary>
public sealed class DeliveryTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Published_OnEveryPartition_IsDeliveredInOrderOnce()
    {
        await using var silo = await StreamSilo.StartedAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(p => silo.PublishAsync(p, 50)));
        for (var partition = 0; partition < 4; partition++)
        {
            await silo.TakenAsync(partition, 50);
            Assert.Equal(Sequences(1, 50), silo.Recorder.Of(partition).Select(r => r.Sequence));
            Assert.All(silo.Recorder.Of(partition), r => Assert.Equal([1, 2, 3], r.Payload));
        }

        // And when it has been idle.
        await silo.PublishAsync(2, 1);
        await silo.TakenAsync(2, 51);
    }

    [Fact]
    public async Task Consumer_ThrowsSeveralTimes_GetsTheSameRunAgainAndSkipsNothing()
    {
        await using var silo = await StreamSilo.StartedAsync();
        var left = 2;
        silo.Recorder.Taking = (_, run) => run[^1].Sequence >= 20 && Interlocked.Decrement(ref left) >= 0
            ? throw new InvalidOperationException("The consumer fails for the test.")
            : Task.CompletedTask;
        await silo.PublishAsync(0, 60);
        await silo.TakenAsync(0, 60);
        Assert.Equal(Sequences(1, 60), silo.Recorder.Of(0).Select(r => r.Sequence));
        var offered = silo.Recorder.Offered.ToList();
        var failed = Assert.Single(offered.GroupBy(o => o), g => g.Count() > 1);
        Assert.Equal(3, failed.Count());
    }

    [Fact]
    public async Task Consumer_DeactivatedInTheMiddle_GoesOnFromItsTokenAndMissesNothing()
    {
        await using var silo = await StreamSilo.StartedAsync();
        silo.Recorder.Resume = _ => silo.Recorder.LastOf(0) is > 0 and var last ? Math.Max(1, last - 20) : null;
        await silo.PublishAsync(0, 40);
        await silo.TakenAsync(0, 40);
        await silo.Consumer(0).DeactivateAsync();
        await silo.PublishAsync(0, 40);
        await silo.TakenAsync(0, 80);
        Assert.True(silo.Recorder.Activations > 1);

        // What lies after the token comes again; up to there nothing does.
        var taken = silo.Recorder.Of(0).Select(r => r.Sequence).ToList();
        Assert.Equal(Sequences(1, 80), taken.Distinct());
        Assert.Equal(2, taken.Count(s => s == 21));
        Assert.Equal(1, taken.Count(s => s == 19));
    }

    [Fact]
    public async Task Consumer_DeactivatedWhileItFails_MissesNothing()
    {
        await using var silo = await StreamSilo.StartedAsync();
        silo.Recorder.Resume = p => silo.Recorder.LastOf(p) is > 0 and var last ? last : null;
        var left = 1;
        silo.Recorder.DeactivatesWhenItFails = true;
        silo.Recorder.Taking = (_, run) => run[^1].Sequence >= 20 && Interlocked.Decrement(ref left) >= 0
            ? throw new InvalidOperationException("The consumer fails for the test.")
            : Task.CompletedTask;
        await silo.PublishAsync(0, 60);
        await silo.TakenAsync(0, 60);
        Assert.Equal(Sequences(1, 60), silo.Recorder.Of(0).Select(r => r.Sequence).Distinct());
        Assert.True(silo.Recorder.Activations > 1);
    }

    [Fact]
    public async Task Silo_StartsAgain_DeliversFromTheCheckpoint()
    {
        await using var silo = await StreamSilo.StartedAsync();
        await silo.PublishAsync(0, 30);
        await silo.TakenAsync(0, 30);
        await silo.Journal.SaveCheckpointAsync(Topic.Reports, 0, new(12, 0, [], 0), CancellationToken.None);
        await silo.StopAsync();
        silo.Recorder.Offered.Clear();
        await silo.StartAsync();
        await Eventually.UntilAsync("delivery starts again", () => silo.Recorder.Of(0).Count >= 48);
        Assert.Equal([.. Sequences(1, 30), .. Sequences(13, 30)], silo.Recorder.Of(0).Select(r => r.Sequence));
    }

    [Fact]
    public async Task Consumer_DoesNotReturn_ReadingAheadStops()
    {
        await using var silo = await StreamSilo.StartedAsync(o => (o.DeliveryRecords, o.ReadAhead) = (1, 3));
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        silo.Recorder.Taking = (_, _) => gate.Task;
        await silo.PublishAsync(0, 40);
        await Eventually.UntilAsync("reading is as far ahead as it may be", () => silo.Journal.Rows == 3);

        // Other partitions are not held up, and in the time they take nothing more is read here.
        silo.Recorder.Taking = (partition, _) => partition == 0 ? gate.Task : Task.CompletedTask;
        await silo.PublishAsync(1, 20);
        await silo.TakenAsync(1, 20);
        Assert.Equal(3 + 20, silo.Journal.Rows);
        gate.SetResult();
        await silo.TakenAsync(0, 40);
        Assert.Equal(Sequences(1, 40), silo.Recorder.Of(0).Select(r => r.Sequence));
    }

    [Fact]
    public async Task Journal_FailsForAWhile_DeliveryGoesOnAndSkipsNothing()
    {
        await using var silo = new StreamSilo();
        var calls = 0;
        await silo.StartAsync(journal => journal.Before = method =>
            method is nameof(IJournal.LoadCheckpointAsync) or nameof(IJournal.ReadAsync) or nameof(IJournal.WaitAsync) && Fails(Interlocked.Increment(ref calls))
                ? Task.FromException(new JournalUnavailableException("The journal fails for the test."))
                : Task.CompletedTask);
        await silo.PublishAsync(0, 40);
        await silo.TakenAsync(0, 40);
        Assert.Equal(Sequences(1, 40), silo.Recorder.Of(0).Select(r => r.Sequence));
        Assert.True(calls > 20);

        static bool Fails(int call) => call <= 20 || call % 3 == 0;
    }

    [Fact]
    public async Task Publish_TheJournalFails_Throws()
    {
        await using var silo = await StreamSilo.StartedAsync();
        silo.Journal.Fail(nameof(IJournal.AppendAsync), 1);
        await Assert.ThrowsAsync<JournalUnavailableException>(() => silo.PublishAsync(0, 1));
        await silo.PublishAsync(0, 1);
        await silo.TakenAsync(0, 1);
        Assert.Single(silo.Recorder.Of(0));
    }

    [Theory]
    [InlineData("reports", "4")]
    [InlineData("reports", "-1")]
    [InlineData("events", "one")]
    [InlineData("others", "0")]
    public async Task Publish_ToAStreamThatIsNone_IsRefusedByName(string name, string key)
    {
        await using var silo = await StreamSilo.StartedAsync();
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => silo.Stream<JournalRecord>(name, key).OnNextAsync(new("a/1", [1])));
        Assert.Contains($"{name}/{key}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, silo.Journal.Calls(nameof(IJournal.AppendAsync)));
    }

    [Fact]
    public async Task Publish_OfAnotherTypeOrWithAToken_IsRefused()
    {
        await using var silo = await StreamSilo.StartedAsync();
        var type = await Assert.ThrowsAsync<ArgumentException>(() => silo.Stream<string>("reports", "0").OnNextAsync("a report"));
        Assert.Contains("String", type.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => silo.Stream<JournalRecord>("reports", "1").OnNextAsync(new("a/1", [1]), new EventSequenceTokenV2(1)));
        Assert.Equal(0, silo.Journal.Calls(nameof(IJournal.AppendAsync)));
    }

    [Fact]
    public async Task Silo_StopsWhilePollsWait_DoesNotWaitForThem()
    {
        await using var silo = await StreamSilo.StartedAsync(o => o.PollTimeout = TimeSpan.FromDays(1));
        await Eventually.UntilAsync("a poll of each queue waits", () => silo.Journal.Calls(nameof(IJournal.WaitAsync)) >= 8);
        await silo.StopAsync().WaitAsync(Limit);
    }

    private static IEnumerable<long> Sequences(int from, int to) => Enumerable.Range(from, to - from + 1).Select(n => (long)n);
}
