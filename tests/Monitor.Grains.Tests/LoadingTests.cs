using Google.Protobuf;
using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Rules.Keys;
using Monitor.Testing;

namespace Monitor.Grains.Tests;

public sealed class LoadingTests
{
    [Fact]
    public async Task Instances_ManyActivatedAtOnceAfterARestart_ShareTheirReads()
    {
        const int Count = 2000;
        await using var silo = await EmbeddedSilo.StartAsync();
        var records = Enumerable.Range(0, Count).Select(i =>
        {
            var reports = new ReportBuilder("go-server", $"i-{i}");
            return (Partition: EmbeddedSilo.PartitionOf($"i-{i}"), Record: new JournalRecord(new InstanceKey("go-server", $"i-{i}").ToString(), reports.Batch(reports.Status()).ToByteArray()));
        });
        foreach (var group in records.GroupBy(r => r.Partition))
        {
            await silo.Journal.AppendAsync(Topic.Reports, group.Key, [.. group.Select(r => r.Record)], default);
        }

        await Eventually.UntilAsync("all are applied", async _ => (await Task.WhenAll(
            Enumerable.Range(0, 4).Select(p => silo.Grains.GetGrain<Abstractions.IReportPartitionGrain>($"{p}").Progress()))).Sum(p => p.Keys) == Count);
        await silo.RestartAsync();

        // A store that is as far away as one on another machine: reads of one that is not are too short to be shared.
        silo.Journal.Before = method => method == nameof(IJournal.LoadSnapshotsAsync) ? Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System) : Task.CompletedTask;
        silo.Journal.Reset();
        var statuses = await Task.WhenAll(Enumerable.Range(0, Count).Select(i => silo.Instance("go-server", $"i-{i}").Status(View.Basic)));
        Assert.All(statuses, s => Assert.Equal(Status.Types.Status.Running, s!.Status_));
        Assert.InRange(silo.Journal.Calls(nameof(IJournal.LoadSnapshotsAsync)), 1, Count / 4);
        Assert.InRange(silo.Journal.Calls(nameof(IJournal.ReadKeysAsync)), 1, Count / 4);
    }

    [Fact]
    public async Task Instance_TheJournalFailsWhileItLoads_LoadsWhenItIsBack()
    {
        await using var silo = await EmbeddedSilo.StartAsync();
        var reports = new ReportBuilder("go-server", "i-1");
        await silo.ApplyAsync(reports.Batch(reports.Status()));
        await silo.RestartAsync(journal => journal.Fail(nameof(IJournal.LoadSnapshotsAsync), 1));
        await Eventually.UntilAsync("it answers", async _ => await silo.Instance("go-server", "i-1").Status(View.Basic) is { Status_: Status.Types.Status.Running });
    }
}
