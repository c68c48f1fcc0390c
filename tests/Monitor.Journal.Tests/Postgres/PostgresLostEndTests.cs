using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Monitor.Testing.Processes;

namespace Monitor.Journal.Tests.Postgres;

/// <summary>A journal that no longer holds what a process has seen of it is not one that the process may go on with.</summary>
[Collection(nameof(PostgresFixture))]
public sealed class PostgresLostEndTests(PostgresFixture postgres) : PostgresTest(postgres)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Calls_StandbyLackedTheEnd_AreRefusedThoughOthersHaveFilledItsPlace(bool filled)
    {
        await using var pair = await PostgresPair.StartAsync(synchronous: false, Cancel);
        // The way to the standby is open to it once others have been there.
        var way = Ports.Free();
        var log = new MessageLog();
        var journal = await OpenAsync(options => options.ConnectionString = pair.Hosts(way), logger: log);
        var reading = await OpenAsync(options => options.ConnectionString = pair.Hosts(way));
        var unaware = await OpenAsync(options => options.ConnectionString = pair.ConnectionString);
        await journal.AppendAsync(Topic.Reports, 0, [Record("a")], Cancel);
        await journal.AppendAsync(Topic.Events, 1, [Record("event")], Cancel);
        Assert.Equal(["a"], (await ReadAllAsync(unaware, 0)).Select(Text));
        await pair.Standby.CatchUpAsync(pair.Primary, Cancel);
        await pair.Standby.StopAsync(Cancel);
        await journal.AppendAsync(Topic.Reports, 0, [Record("b"), Record("c")], Cancel);
        Assert.Equal(["a", "b", "c"], (await ReadAllAsync(reading, 0)).Select(Text));

        await pair.Primary.KillAsync(Cancel);
        await pair.Standby.StartAgainAsync(Cancel);
        await pair.Standby.PromoteAsync(Cancel);
        var waiting = reading.WaitAsync(Topic.Reports, 0, 1000, Cancel);
        string[] kept = filled ? ["a", "B", "C", "D"] : ["a"];
        for (var i = 1; i < kept.Length; i++) await unaware.AppendAsync(Topic.Reports, 0, [Record(kept[i])], Cancel);
        await using var open = new CuttingProxy(pair.Standby.Port, way);

        await Assert.ThrowsAsync<JournalLostException>(async () => await journal.AppendAsync(Topic.Reports, 3, [Record("nowhere")], Cancel).AsTask().WaitAsync(Patience, Cancel));
        await Assert.ThrowsAsync<JournalLostException>(async () => await journal.SaveCheckpointAsync(Topic.Reports, 0, new(3, 3, [], 0), Cancel));
        await Assert.ThrowsAsync<JournalLostException>(async () => await reading.ReadAsync(Topic.Reports, 0, 3, 10, 1000, Cancel).AsTask().WaitAsync(Patience, Cancel));
        await Assert.ThrowsAsync<JournalLostException>(() => waiting.WaitAsync(Patience, Cancel));
        Assert.Contains("Reports partition 0 had record 3", (await journal.Lost.WaitAsync(Patience, Cancel)).Message, StringComparison.Ordinal);
        Assert.Contains("has lost its end", await journal.ProbeAsync(Cancel), StringComparison.Ordinal);
        Assert.Contains("to be started again", Assert.Single(log.Of(LogLevel.Critical)), StringComparison.Ordinal);
        // Of those who had not seen what is lost nothing is asked, nor of a process that starts.
        Assert.False(unaware.Lost.IsCompleted);
        var again = await OpenAsync(options => options.ConnectionString = pair.Hosts(way));
        await again.AppendAsync(Topic.Reports, 0, [Record("after")], Cancel);
        Assert.Equal([.. kept, "after"], (await ReadAllAsync(again, 0)).Select(Text));
        Assert.Empty(await ReadAllAsync(again, 3));
        Assert.Equal(Checkpoint.None.Position, (await again.LoadCheckpointAsync(Topic.Reports, 0, Cancel)).Position);
    }

    [Fact]
    public async Task Look_HeadHasGoneBackOnTheSameServer_IsLost()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync(Topic.Events, 2, [Record("a"), Record("b")], Cancel);

        await CutOffAsync("events_1", topic: 2, partition: 2);

        Assert.Contains("Events partition 2 had record 2, and now ends at 1", (await journal.Lost.WaitAsync(Patience, Cancel)).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<JournalLostException>(async () => await journal.HeadAsync(Topic.Events, 2, Cancel));
    }

    [Fact]
    public async Task Append_HeadHasGoneBackOnTheSameServer_IsTrueAndTheLast()
    {
        // Its clock stands still: the listener looks no more.
        var journal = await OpenAsync(time: new FakeTimeProvider(TimeProvider.System.GetUtcNow()));
        await LookedAsync(1);
        await journal.AppendAsync(Topic.Reports, 1, [Record("a"), Record("b")], Cancel);
        await CutOffAsync("reports_1", topic: 1, partition: 1);

        var record = Record("B");
        await journal.AppendAsync(Topic.Reports, 1, [record], Cancel);

        Assert.Equal(2, record.Sequence);
        await journal.Lost.WaitAsync(Patience, Cancel);
        await Assert.ThrowsAsync<JournalLostException>(async () => await journal.AppendAsync(Topic.Reports, 1, [Record("c")], Cancel));
        Assert.Equal(["a", "B"], (await ReadAllAsync(await OpenAsync(), 1)).Select(Text));
    }

    [Fact]
    public async Task Check_RecordsThatRetentionHasDropped_AreNotMissed()
    {
        var journal = await OpenAsync(options => options.SegmentRecords = 2);
        await journal.AppendAsync(Topic.Reports, 0, [Record("a"), Record("b")], Cancel);
        await journal.SaveCheckpointAsync(Topic.Reports, 0, new(2, 2, [], 0), Cancel);
        Assert.Equal(1, await journal.TrimAsync(Topic.Reports, TimeProvider.System.GetUtcNow().AddMinutes(1), Cancel));

        await Server.CrashAsync(Cancel);
        await Server.StartAgainAsync(Cancel);

        await journal.AppendAsync(Topic.Reports, 0, [Record("c")], Cancel).AsTask().WaitAsync(Patience, Cancel);
        Assert.False(journal.Lost.IsCompleted);
    }

    // As a restore under a process that runs would.
    private Task CutOffAsync(string table, int topic, int partition) => Server.ExecuteAsync(
        $"BEGIN; DELETE FROM {Schema}.{table} WHERE partition = {partition} AND sequence = 2; UPDATE {Schema}.heads SET head = 1 WHERE topic = {topic} AND partition = {partition}; COMMIT", Cancel);
}
