using System.Globalization;
using Monitor.Grains.Abstractions;
using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Testing;

namespace Monitor.Grains.Tests;

/// <summary>Snapshots, checkpoints and retention.</summary>
public sealed class UpkeepTests
{
    [Fact]
    public async Task Snapshots_AfterTheirAge_LeaveARestartLittleToReplay()
    {
        await using var silo = await EmbeddedSilo.StartAsync(Eager);
        var reports = new ReportBuilder("go-server", "i-1");
        for (var i = 0; i < 60; i++) await silo.PublishAsync(reports.Batch(reports.Status(), reports.Check("ping")));
        await CoveredAsync(silo);
        await silo.RestartAsync();
        Assert.NotNull(await silo.Instance("go-server", "i-1").Status(View.Basic));
        Assert.Single((await silo.CheckPage("ping")).Instances);
        Assert.Single(await silo.Grains.GetGrain<IServiceGrain>("go-server").Versions());
        Assert.Single((await silo.AskDirectoryAsync("i-1", d => d.List(new(DirectorySubject.Status, null, default, null, null, 10)))).Entries);
        await silo.EvaluatedAsync();
        Assert.InRange(silo.Journal.Rows, 0, 8); // delivery starts at the last that was applied, not after it
    }

    [Fact]
    public async Task Snapshots_CannotBeSavedAtFirst_AreTriedAgain()
    {
        await using var silo = await EmbeddedSilo.StartAsync(Eager);
        silo.Journal.Fail(nameof(IJournal.SaveSnapshotsAsync), 3);
        var reports = new ReportBuilder("go-server", "i-1");
        await silo.ApplyAsync(reports.Batch(reports.Status(), reports.Check("ping")));
        await silo.ApplyAsync(reports.Batch(reports.Check("ping")));
        await CoveredAsync(silo);
        Assert.True(silo.Journal.Calls(nameof(IJournal.SaveSnapshotsAsync)) > 3);
        await AssertSnapshotsHoldWhatTheFloorSaysAsync(silo);
    }

    [Fact]
    public async Task Snapshots_AreAheadOfTheCheckpointAfterACrash_RetentionGoesOn()
    {
        // The checkpoint says that the keys have yet to be saved; they are, just before the silo is killed.
        await using var first = await EmbeddedSilo.StartAsync(o => (o.CheckpointPeriod, o.SnapshotAge) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4)));
        var reports = new ReportBuilder("go-server", "i-1");
        await first.ApplyAsync(reports.Batch(reports.Status(), reports.Check("ping")));
        await first.ApplyAsync(reports.Batch(reports.Check("ping")));
        var partition = EmbeddedSilo.PartitionOf("i-1");
        await Eventually.UntilAsync("the partition is saved", async _ => (await first.Journal.LoadCheckpointAsync(Topic.Reports, partition, default)).Position == 2);
        first.Journal.Fail(nameof(IJournal.SaveCheckpointAsync), int.MaxValue);
        await Eventually.UntilAsync("the instance is saved", async _ =>
            (await first.Journal.LoadSnapshotsAsync(Topic.Reports, partition, ["go-server/i-1"], default)).Values.Any(s => s.Position == 2));
        await using var silo = first.Killed();
        silo.Options = Eager;
        await silo.StartAsync();
        Assert.Equal(3ul, (await silo.Instance("go-server", "i-1").Status(View.Full))!.Derived.Counters.Accepted);
        await CoveredAsync(silo);
    }

    [Fact]
    public async Task Retention_HasPassed_TheInstanceIsForgottenAndMayComeAgain()
    {
        await using var silo = await EmbeddedSilo.StartAsync(o =>
        {
            Eager(o);
            (o.RawRetention, o.TransitionRetention) = (TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
            o.BlindAfter = TimeSpan.FromHours(1);
        });
        var reports = new ReportBuilder("go-server", "i-1", clock: silo.Clock) { Interval = 10, Ttl = 20 };
        await silo.ApplyAsync(reports.Batch(reports.Status(), reports.Check("ping")));
        silo.Clock.Jump(TimeSpan.FromSeconds(40));
        await silo.EventsAsync("i-1", Event.Types.Kind.Expired, "ping");
        Assert.Equal(["go-server"], await silo.AskDirectoryAsync("i-1", d => d.Services()));
        Assert.Equal(["go-server"], await silo.AskDirectoryAsync("i-1", d => d.Find("i-1")));
        await CoveredAsync(silo);
        silo.Clock.Jump(TimeSpan.FromMinutes(5));
        await Eventually.UntilAsync("it is forgotten", async _ => (await silo.AskDirectoryAsync("i-1", d => d.Services())).Count == 0);
        Assert.Empty(await silo.AskDirectoryAsync("i-1", d => d.Find("i-1")));
        var partition = EmbeddedSilo.PartitionOf("i-1");
        Assert.Empty(await silo.Journal.LoadSnapshotsAsync(Topic.Reports, partition, ["go-server/i-1"], default));

        // Forgotten for good: a restart does not bring it back.
        await silo.RestartAsync();
        await silo.EvaluatedAsync();
        Assert.Empty(await silo.AskDirectoryAsync("i-1", d => d.Services()));
        await silo.ApplyAsync(reports.Batch(reports.Status(), reports.Check("ping")));
        await Eventually.UntilAsync("it is listed again", async _ => (await silo.AskDirectoryAsync("i-1", d => d.Find("i-1"))).Count == 1);
        await Eventually.UntilAsync("its healthcheck knows it again", async _ => (await silo.CheckPage("ping")).Instances.Count == 1);
    }

    [Fact]
    public async Task Retention_HasPassedWhileTheGrainIsActive_TheInstanceComesAgain()
    {
        await using var silo = await EmbeddedSilo.StartAsync(o =>
        {
            Eager(o);
            (o.RawRetention, o.BlindAfter) = (TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
        });
        var reports = new ReportBuilder("go-server", "i-1", clock: silo.Clock) { Interval = 10, Ttl = 20 };
        await silo.ApplyAsync(reports.Batch(reports.Status()));
        silo.Clock.Jump(TimeSpan.FromSeconds(40));
        await silo.EventsAsync("i-1", Event.Types.Kind.Expired, "");
        silo.Clock.Jump(TimeSpan.FromMinutes(5));
        await Eventually.UntilAsync("it is forgotten", async _ => (await silo.AskDirectoryAsync("i-1", d => d.Services())).Count == 0);
        await silo.ApplyAsync(reports.Batch(reports.Status()));
        await Eventually.UntilAsync("it is listed again", async _ => (await silo.AskDirectoryAsync("i-1", d => d.Find("i-1"))).Count == 1);
        await Eventually.UntilAsync("its service knows it again", async _ => (await silo.Grains.GetGrain<IServiceGrain>("go-server").Versions()).Count == 1);
    }

    private static void Eager(GrainOptions options) =>
        (options.SnapshotAge, options.CheckpointPeriod, options.BeatPeriod) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(100));

    /// <summary>Waits until retention may drop every record there is.</summary>
    private static Task<string> CoveredAsync(EmbeddedSilo silo) => Eventually.GetAsync(
        "snapshots cover every record",
        async _ =>
        {
            var behind = new List<string>();
            foreach (var topic in Enum.GetValues<Topic>())
            {
                for (var partition = 0; partition < silo.Journal.Partitions; partition++)
                {
                    var head = await silo.Journal.HeadAsync(topic, partition, default);
                    var floor = (await silo.Journal.LoadCheckpointAsync(topic, partition, default)).Floor;
                    if (floor < head) behind.Add(string.Create(CultureInfo.InvariantCulture, $"{topic} {partition}: {floor} of {head}"));
                }
            }

            return string.Join(", ", behind);
        },
        behind => behind.Length == 0);

    private static async Task AssertSnapshotsHoldWhatTheFloorSaysAsync(EmbeddedSilo silo)
    {
        foreach (var topic in Enum.GetValues<Topic>())
        {
            for (var partition = 0; partition < silo.Journal.Partitions; partition++)
            {
                var records = await silo.Journal.ReadAsync(topic, partition, 0, int.MaxValue, int.MaxValue, default);
                var last = records.GroupBy(r => r.Key).ToDictionary(g => g.Key, g => g.Max(r => r.Sequence));
                var snapshots = await silo.Journal.LoadSnapshotsAsync(topic, partition, [.. last.Keys], default);
                Assert.All(last, l => Assert.Equal(l.Value, snapshots[l.Key].Position));
            }
        }
    }
}
