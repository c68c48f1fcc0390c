namespace Monitor.Journal.Tests;

public abstract partial class JournalContract
{
    [Fact]
    public async Task Append_ManyWritersAtOnce_SequencesHaveNoGapsAndEachWriterItsOrder()
    {
        await Task.WhenAll(Enumerable.Range(0, 16).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++)
            {
                var records = new[] { Record($"w{writer}"), Record($"w{writer}") };
                await Journal.AppendAsync(Topic.Reports, writer % 2, records, Cancel);
                Assert.Equal(records[0].Sequence + 1, records[1].Sequence);
            }
        }, Cancel)));

        foreach (var partition in new[] { 0, 1 })
        {
            var all = await ReadAllAsync(partition);
            Assert.Equal(Enumerable.Range(1, 400).Select(i => (long)i), all.Select(record => record.Sequence));
            Assert.Equal(400, await Journal.HeadAsync(Topic.Reports, partition, Cancel));
        }
    }

    [Fact]
    public async Task Read_WhileOthersAppend_NeverMissesARecord()
    {
        const int Total = 600;
        var reader = Task.Run(async () =>
        {
            long seen = 0;
            while (seen < Total)
            {
                await Journal.WaitAsync(Topic.Reports, 3, seen, Cancel).WaitAsync(Patience, Cancel);
                foreach (var record in await Journal.ReadAsync(Topic.Reports, 3, seen, 50, 1 << 20, Cancel)) Assert.Equal(++seen, record.Sequence);
            }
        }, Cancel);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < Total / 6; i++) await Journal.AppendAsync(Topic.Reports, 3, [Record($"w{writer}")], Cancel);
        }, Cancel)));

        await reader;
    }

    [Fact]
    public async Task Append_ThenReopen_RecordsAreAsTheyWere()
    {
        var appended = new List<JournalRecord>();
        for (var i = 0; i < 70; i++) appended.AddRange(await AppendAsync(1, $"key-{i % 9}"));
        await AppendAsync(2, "other");

        await ReopenAsync();

        AssertSame(appended, await ReadAllAsync(1));
        Assert.Equal(70, await Journal.HeadAsync(Topic.Reports, 1, Cancel));
        Assert.Equal(0, await Journal.HeadAsync(Topic.Events, 1, Cancel));
        Assert.Equal(71, (await AppendAsync(1, "next"))[0].Sequence);
    }

    [Fact]
    public async Task Read_Limits_AreKeptBeyondTheFirstRecord()
    {
        await Journal.AppendAsync(Topic.Reports, 0, [.. Enumerable.Range(0, 50).Select(i => Record($"k{i}", 100))], Cancel);

        for (var round = 0; round < 2; round++)
        {
            Assert.Equal([11L, 12, 13], (await Journal.ReadAsync(Topic.Reports, 0, 10, 3, 1 << 20, Cancel)).Select(record => record.Sequence));
            Assert.Equal([1L, 2], (await Journal.ReadAsync(Topic.Reports, 0, 0, 10, 250, Cancel)).Select(record => record.Sequence));
            Assert.Equal([31L], (await Journal.ReadAsync(Topic.Reports, 0, 30, 10, 1, Cancel)).Select(record => record.Sequence));
            Assert.Empty(await Journal.ReadAsync(Topic.Reports, 0, 50, 10, 1 << 20, Cancel));
            Assert.Empty(await Journal.ReadAsync(Topic.Reports, 0, 1000, 10, 1 << 20, Cancel));
            await ReopenAsync();
        }
    }

    [Fact]
    public async Task Append_LargePayloadsAndEmptyOnes_AreReadBack()
    {
        JournalRecord[] records = [Record("large", 3 << 20), new("empty", []), Record("ключ/😀", 70_000), Record(new string('x', 1024))];
        await Journal.AppendAsync(Topic.Events, 0, records, Cancel);
        await ReopenAsync();

        AssertSame(records, await ReadAllAsync(0, Topic.Events));
        AssertSame([records[2]], await Journal.ReadKeyBackwardsAsync(Topic.Events, 0, "ключ/😀", long.MaxValue, 5, Cancel));
    }

    [Fact]
    public async Task Append_ClockStepsBack_TimeOfReceiptNeverDescends()
    {
        var first = (await AppendAsync(0, "a"))[0];
        Assert.Equal(Clock.GetUtcNow().ToUnixTimeMilliseconds(), first.ReceivedAtMs);
        Clock.AdjustTime(Clock.GetUtcNow().AddHours(-1));
        Assert.Equal(first.ReceivedAtMs, (await AppendAsync(0, "b"))[0].ReceivedAtMs);
        await ReopenAsync();
        Assert.Equal(first.ReceivedAtMs, (await AppendAsync(0, "c"))[0].ReceivedAtMs);
        Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(Clock.GetUtcNow().ToUnixTimeMilliseconds(), (await AppendAsync(0, "d"))[0].ReceivedAtMs);
    }

    [Fact]
    public async Task Append_CancelledBefore_WritesNothing()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Journal.AppendAsync(Topic.Reports, 0, [Record("a")], new CancellationToken(true)));

        Assert.Equal(1, (await AppendAsync(0, "b"))[0].Sequence);
    }

    [Fact]
    public async Task Append_BadArguments_AreRefusedAndChangeNothing()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Journal.AppendAsync(Topic.Reports, Partitions, [Record("a")], Cancel));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Journal.AppendAsync((Topic)7, 0, [Record("a")], Cancel));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Journal.AppendAsync(Topic.Reports, 0, [Record("a"), Record("")], Cancel));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Journal.AppendAsync(Topic.Reports, 0, [Record(new string('x', 1025))], Cancel));
        var kept = (await AppendAsync(0, "a"))[0];
        await Assert.ThrowsAsync<ArgumentException>(async () => await Journal.AppendAsync(Topic.Reports, 0, [kept], Cancel));

        Assert.Equal(1, await Journal.HeadAsync(Topic.Reports, 0, Cancel));
    }

    [Fact]
    public async Task Wait_Append_WakesOnlyThoseBehindIt()
    {
        await AppendAsync(0, "a");
        await Journal.WaitAsync(Topic.Reports, 0, 0, Cancel).WaitAsync(Patience, Cancel);
        var next = Journal.WaitAsync(Topic.Reports, 0, 1, Cancel);
        var later = Journal.WaitAsync(Topic.Reports, 0, 2, Cancel);
        var elsewhere = Journal.WaitAsync(Topic.Reports, 1, 0, Cancel);
        Assert.False(next.IsCompleted);

        await AppendAsync(0, "b");

        await next.WaitAsync(Patience, Cancel);
        Assert.False(later.IsCompleted);
        Assert.False(elsewhere.IsCompleted);
    }

    [Fact]
    public async Task Wait_Cancelled_Ends()
    {
        using var cancel = new CancellationTokenSource();
        var waiting = Journal.WaitAsync(Topic.Events, 0, 0, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience, Cancel));
    }

    [Fact]
    public async Task Key_Reads_FindTheKeysRecordsAcrossSegmentsAndReopening()
    {
        var all = new List<JournalRecord>();
        for (var i = 0; i < 12; i++) all.AddRange(await AppendAsync(2, [.. Enumerable.Range(0, 15).Select(k => $"k{(k * 7 + i) % 11}")]));
        await AppendAsync(1, "k1", "k2");

        for (var round = 0; round < 2; round++)
        {
            var found = await Journal.ReadKeysAsync(Topic.Reports, 2, [("k0", 0), ("k3", 77), ("k5", 179), ("none", 0), ("k6", 5000)], Cancel);
            AssertSame(all.Where(record => record.Key == "k0"), found["k0"]);
            AssertSame(all.Where(record => record is { Key: "k3", Sequence: > 77 }), found["k3"]);
            Assert.Equal(all.Any(record => record is { Key: "k5", Sequence: 180 }), found.ContainsKey("k5"));
            Assert.False(found.TryGetValue("none", out var none) && none.Count > 0);
            Assert.False(found.TryGetValue("k6", out var beyond) && beyond.Count > 0);

            var newestFirst = all.Where(record => record.Key == "k4").Reverse().ToArray();
            AssertSame(newestFirst, await Journal.ReadKeyBackwardsAsync(Topic.Reports, 2, "k4", long.MaxValue, 1000, Cancel));
            AssertSame(newestFirst[..3], await Journal.ReadKeyBackwardsAsync(Topic.Reports, 2, "k4", long.MaxValue, 3, Cancel));
            AssertSame(newestFirst[3..5], await Journal.ReadKeyBackwardsAsync(Topic.Reports, 2, "k4", newestFirst[2].Sequence, 2, Cancel));
            Assert.Empty(await Journal.ReadKeyBackwardsAsync(Topic.Reports, 2, "k4", newestFirst[^1].Sequence, 2, Cancel));
            Assert.Empty(await Journal.ReadKeyBackwardsAsync(Topic.Reports, 3, "k4", long.MaxValue, 2, Cancel));
            await ReopenAsync();
        }
    }

    [Fact]
    public async Task ReadKeys_ThousandsOfKeys_AnswersAll()
    {
        var keys = Enumerable.Range(0, 3000).Select(i => $"instance-{i}").ToArray();
        await AppendAsync(0, keys);
        await AppendAsync(0, keys);

        var found = await Journal.ReadKeysAsync(Topic.Reports, 0, [.. keys.Select((key, i) => (key, i % 2 == 0 ? 0L : 3000L))], Cancel);

        for (var i = 0; i < keys.Length; i++)
            Assert.Equal(i % 2 == 0 ? [i + 1L, i + 3001L] : [i + 3001L], found[keys[i]].Select(record => record.Sequence));
    }
}
