namespace Monitor.Journal.Tests;

public abstract partial class JournalContract
{
    [Fact]
    public async Task Snapshots_SmallerPositionOrVersion_IsIgnored()
    {
        await SaveAsync(new("a", 10, 2, [1]), new("b", 10, 2, [1]), new("c", 10, 2, [1]), new("d", 10, 2, [1]));
        await SaveAsync(new("a", 11, 2, [2]), new("b", 9, 3, [2]), new("c", 11, 1, [2]), new("d", 10, 2, [2]));
        await ReopenAsync();

        var stored = await Journal.LoadSnapshotsAsync(Topic.Reports, 1, ["a", "b", "c", "d", "none"], Cancel);
        Assert.Equal([("a", 11, 2), ("b", 10, 1), ("c", 10, 1), ("d", 10, 2)], stored.Values.OrderBy(s => s.Key).Select(s => (s.Key, s.Position, (int)s.Payload[0])));
        Assert.Empty(await Journal.LoadSnapshotsAsync(Topic.Reports, 0, ["a"], Cancel));
        Assert.Empty(await Journal.LoadSnapshotsAsync(Topic.Events, 1, ["a"], Cancel));

        await Journal.DeleteSnapshotsAsync(Topic.Reports, 1, ["a", "b", "none"], Cancel);
        Assert.Equal(["c", "d"], (await Journal.LoadSnapshotsAsync(Topic.Reports, 1, ["a", "b", "c", "d"], Cancel)).Keys.Order());

        async Task SaveAsync(params Snapshot[] snapshots) => await Journal.SaveSnapshotsAsync(Topic.Reports, 1, snapshots, Cancel);
    }

    [Fact]
    public async Task Snapshots_Thousands_AreStoredAndLoaded()
    {
        var snapshots = Enumerable.Range(0, 5000).Select(i => new Snapshot($"key-{i}", i, 1, BitConverter.GetBytes(i))).ToArray();
        await Journal.SaveSnapshotsAsync(Topic.Events, 0, snapshots, Cancel);

        var stored = await Journal.LoadSnapshotsAsync(Topic.Events, 0, [.. snapshots.Select(snapshot => snapshot.Key)], Cancel);
        Assert.All(snapshots, snapshot => Assert.Equal(snapshot.Payload, stored[snapshot.Key].Payload));
    }

    [Fact]
    public async Task Commit_ExpectedVersion_StoresStateAndEventsTogether()
    {
        var events = new[] { (1, Record("check:a")), (2, Record("check:b")), (1, Record("service:s")) };
        Assert.True(await Journal.CommitAsync(new(0, new("i", 5, 3, [1]), 0, events), Cancel));
        Assert.True(await Journal.CommitAsync(new(0, new("i", 6, 4, [2]), 3, [(1, Record("check:a"))]), Cancel));
        await ReopenAsync();

        Assert.Equal(4, (await Journal.LoadSnapshotsAsync(Topic.Reports, 0, ["i"], Cancel))["i"].Version);
        Assert.Equal(["check:a", "service:s", "check:a"], (await ReadAllAsync(1, Topic.Events)).Select(record => record.Key));
        Assert.Equal(["check:b"], (await ReadAllAsync(2, Topic.Events)).Select(record => record.Key));
        Assert.Equal(1, events[0].Item2.Sequence);
    }

    [Fact]
    public async Task Commit_OtherVersion_WritesNothingAndLeavesItsNeighboursAlone()
    {
        Assert.True(await Journal.CommitAsync(new(0, new("i", 5, 2, [1]), 0, [(0, Record("check:a"))]), Cancel));

        var before = Journal.AppendAsync(Topic.Reports, 0, [Record("n")], Cancel);
        var stale = Journal.CommitAsync(new(0, new("i", 9, 2, [9]), 1, [(0, Record("check:a"))]), Cancel);
        var missing = Journal.CommitAsync(new(0, new("new", 9, 2, [9]), 1, [(0, Record("check:a"))]), Cancel);
        var right = Journal.CommitAsync(new(0, new("i", 6, 3, [3]), 2, [(0, Record("check:a"))]), Cancel);
        var late = Journal.CommitAsync(new(0, new("i", 6, 3, [4]), 2, [(0, Record("check:a"))]), Cancel);
        await before;

        Assert.Equal((false, false, true, false), (await stale, await missing, await right, await late));
        Assert.Equal(2, await Journal.HeadAsync(Topic.Events, 0, Cancel));
        Assert.Equal(1, await Journal.HeadAsync(Topic.Reports, 0, Cancel));
        var stored = await Journal.LoadSnapshotsAsync(Topic.Reports, 0, ["i", "new"], Cancel);
        Assert.Equal([3], Assert.Single(stored).Value.Payload);
    }

    [Fact]
    public async Task Checkpoint_SmallerPosition_IsIgnored()
    {
        Assert.Equal(Checkpoint.None with { State = [] }, await Journal.LoadCheckpointAsync(Topic.Reports, 0, Cancel) with { State = Checkpoint.None.State });
        await Journal.SaveCheckpointAsync(Topic.Reports, 0, new(10, 7, [1, 2], 5), Cancel);
        await Journal.SaveCheckpointAsync(Topic.Reports, 0, new(9, 9, [9], 5), Cancel);
        await ReopenAsync();

        var stored = await Journal.LoadCheckpointAsync(Topic.Reports, 0, Cancel);
        Assert.Equal((10, 7, 5), (stored.Position, stored.Floor, stored.BeatMs));
        Assert.Equal([1, 2], stored.State);
        Assert.Equal(0, (await Journal.LoadCheckpointAsync(Topic.Events, 0, Cancel)).Position);
    }

    [Fact]
    public async Task LatestBeat_IsThatOfAllPartitionsOfTheTopic_AndZeroBeforeTheFirst()
    {
        Assert.Equal(0, await Journal.LatestBeatAsync(Topic.Reports, Cancel));
        await Journal.BeatAsync(Topic.Reports, [0, 3], 1000, Cancel);
        await Journal.BeatAsync(Topic.Reports, [1], 3000, Cancel);
        await Journal.BeatAsync(Topic.Reports, [2], 2000, Cancel);
        await Journal.BeatAsync(Topic.Events, [0], 9000, Cancel);
        await ReopenAsync();

        Assert.Equal(3000, await Journal.LatestBeatAsync(Topic.Reports, Cancel));
        await Journal.SaveCheckpointAsync(Topic.Reports, 2, new(1, 0, [], 4000), Cancel);
        Assert.Equal(4000, await Journal.LatestBeatAsync(Topic.Reports, Cancel));
    }

    [Fact]
    public async Task Beat_BeforeAndAfterACheckpoint_IsKeptByIt()
    {
        await Journal.BeatAsync(Topic.Reports, [0, 3], 1000, Cancel);
        Assert.Equal((0L, 1000L), await LoadAsync(3));
        await Journal.SaveCheckpointAsync(Topic.Reports, 3, new(4, 0, [], 900), Cancel);
        Assert.Equal((4L, 1000L), await LoadAsync(3));
        await Journal.BeatAsync(Topic.Reports, [3], 2000, Cancel);
        await ReopenAsync();

        Assert.Equal((4L, 2000L), await LoadAsync(3));
        Assert.Equal((0L, 1000L), await LoadAsync(0));
        Assert.Equal((0L, 0L), await LoadAsync(1));

        async Task<(long, long)> LoadAsync(int partition)
        {
            var checkpoint = await Journal.LoadCheckpointAsync(Topic.Reports, partition, Cancel);
            return (checkpoint.Position, checkpoint.BeatMs);
        }
    }

    [Fact]
    public async Task Trim_OldRecords_GoInWholeSegmentsAndNeverPastFloorOrPosition()
    {
        for (var i = 0; i < 10; i++)
        {
            await AppendAsync(0, [.. Enumerable.Repeat($"k{i}", SegmentRecords)]);
            Clock.Advance(TimeSpan.FromMinutes(1));
        }
        var cutoff = Clock.GetUtcNow().AddMinutes(-5.5);

        Assert.Equal(0, await Journal.TrimAsync(Topic.Reports, cutoff, Cancel));
        await CoverAsync(0, position: 200, floor: 45);
        Assert.Equal(2, await Journal.TrimAsync(Topic.Reports, cutoff, Cancel));
        Assert.Equal(41, (await ReadAllAsync(0))[0].Sequence);
        await CoverAsync(0, position: 201, floor: 200);
        Assert.Equal(3, await Journal.TrimAsync(Topic.Reports, cutoff, Cancel));
        Assert.Equal(0, await Journal.TrimAsync(Topic.Reports, cutoff, Cancel));

        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(Enumerable.Range(101, 100).Select(i => (long)i), (await ReadAllAsync(0)).Select(record => record.Sequence));
            Assert.Equal(101, (await Journal.ReadAsync(Topic.Reports, 0, 3, 1, 1, Cancel))[0].Sequence);
            Assert.Empty(await Journal.ReadKeyBackwardsAsync(Topic.Reports, 0, "k0", long.MaxValue, 5, Cancel));
            Assert.Equal(SegmentRecords, (await Journal.ReadKeysAsync(Topic.Reports, 0, [("k0", 0), ("k7", 0)], Cancel))["k7"].Count);
            await ReopenAsync();
        }
    }

    [Fact]
    public async Task Trim_PositionBelowTheFloor_Bounds()
    {
        for (var i = 0; i < 4; i++) await AppendAsync(0, [.. Enumerable.Repeat("k", SegmentRecords)]);
        await AppendAsync(1, "other");
        Clock.Advance(TimeSpan.FromHours(1));
        await CoverAsync(0, position: 25, floor: 80);

        Assert.Equal(1, await Journal.TrimAsync(Topic.Reports, Clock.GetUtcNow(), Cancel));

        Assert.Equal(21, (await ReadAllAsync(0))[0].Sequence);
    }

    [Fact]
    public async Task Trim_EverythingOld_SequencesGoOnAcrossReopening()
    {
        await AppendAsync(0, "a", "b", "c");
        await CoverAsync(0, 3, 3);
        Clock.Advance(TimeSpan.FromDays(30));
        Assert.Equal(1, await Journal.TrimAsync(Topic.Reports, Clock.GetUtcNow(), Cancel));
        Assert.Empty(await ReadAllAsync(0));
        await ReopenAsync();

        Assert.Equal(3, await Journal.HeadAsync(Topic.Reports, 0, Cancel));
        Assert.Equal(4, (await AppendAsync(0, "d"))[0].Sequence);
        Assert.Equal([4L], (await ReadAllAsync(0)).Select(record => record.Sequence));
    }

    [Fact]
    public async Task Read_WhileTrimmed_HasNoGaps()
    {
        for (var i = 0; i < 60; i++) await AppendAsync(0, [.. Enumerable.Range(0, SegmentRecords).Select(k => $"k{k}")]);
        Clock.Advance(TimeSpan.FromDays(1));
        using var trimmed = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            do
            {
                // One read: between two, retention may overtake the reader.
                var all = await Journal.ReadAsync(Topic.Reports, 0, 0, 10_000, 1 << 20, Cancel);
                Assert.Equal(Enumerable.Range((int)all[0].Sequence, all.Count), all.Select(record => (int)record.Sequence));
                Assert.Equal(60 * SegmentRecords, all[^1].Sequence);
                var ofKey = await Journal.ReadKeyBackwardsAsync(Topic.Reports, 0, "k7", long.MaxValue, 1000, Cancel);
                for (var i = 1; i < ofKey.Count; i++) Assert.Equal(ofKey[i - 1].Sequence - SegmentRecords, ofKey[i].Sequence);
            }
            while (!trimmed.IsCancellationRequested);
        }, Cancel)).ToArray();

        for (var segment = 1; segment < 60; segment++)
        {
            await CoverAsync(0, segment * SegmentRecords, segment * SegmentRecords);
            Assert.Equal(1, await Journal.TrimAsync(Topic.Reports, Clock.GetUtcNow(), Cancel));
        }
        await trimmed.CancelAsync();
        await Task.WhenAll(readers).WaitAsync(Patience, Cancel);
    }

    [Fact]
    public async Task Probe_WritableJournal_IsNull()
    {
        Assert.Null(await Journal.ProbeAsync(Cancel));
        Clock.Advance(TimeSpan.FromHours(1));
        Assert.Null(await Journal.ProbeAsync(Cancel));
    }

    [Fact]
    public async Task Open_OtherNumberOfPartitions_IsRefusedNamingBoth()
    {
        await Journal.DisposeAsync();
        var refused = await Assert.ThrowsAsync<JournalRefusedException>(() => OpenAsync(Partitions + 3));
        Assert.Contains($"has {Partitions} partitions", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"Monitor:Partitions is {Partitions + 3}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_NewerSchema_IsRefused()
    {
        await Journal.DisposeAsync();
        await MakeNewerAsync();
        var refused = await Assert.ThrowsAsync<JournalRefusedException>(() => OpenAsync());
        Assert.Contains("version", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_QueuedAppends_AreWrittenAndLaterCallsRefused()
    {
        var queued = Enumerable.Range(0, 200).Select(i => Journal.AppendAsync(Topic.Reports, 0, [Record($"k{i}")], Cancel).AsTask()).ToArray();
        var waiting = Journal.WaitAsync(Topic.Events, 0, 0, Cancel);
        await Journal.DisposeAsync();

        await Task.WhenAll(queued);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Patience, Cancel));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await AppendAsync(0, "a"));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Journal.ReadAsync(Topic.Reports, 0, 0, 1, 1, Cancel));
        await Journal.DisposeAsync();
        Journal = await OpenAsync();
        Assert.Equal(200, await Journal.HeadAsync(Topic.Reports, 0, Cancel));
    }
}
