using System.Globalization;
using Monitor.Grains.Abstractions;
using Monitor.Grains.Staleness;
using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Testing;

namespace Monitor.Grains.Tests;

public sealed class BlindnessTests
{
    [Fact]
    public async Task Standstill_ReportThatComesAtItsEnd_TellsNoSilence()
    {
        await using var silo = await EmbeddedSilo.StartAsync();
        var reports = new ReportBuilder("go-server", "i-1", clock: silo.Clock) { Interval = 10, Ttl = 20 };
        for (var i = 0; i < 5; i++)
        {
            await silo.ApplyAsync(reports.Batch(reports.Status(), reports.Check("ping")));

            // Nothing has run for a minute; what waited in the sockets is delivered before anything else has looked at the clock.
            silo.Clock.Jump(TimeSpan.FromMinutes(1));
        }

        await silo.ApplyAsync(reports.Batch(reports.Status(), reports.Check("ping")));
        Assert.All(await silo.EventsAsync("i-1"), e => Assert.Equal(Event.Types.Kind.Appeared, e.Kind));
    }

    [Fact]
    public async Task Standstill_IsShownInEntriesAndHistory()
    {
        await using var silo = await EmbeddedSilo.StartAsync();
        var reports = new ReportBuilder("go-server", "i-1", clock: silo.Clock) { Interval = 10, Ttl = 20 };
        await silo.ApplyAsync(reports.Batch(reports.Status(), reports.Check("ping"), reports.Stats()));
        var instance = silo.Instance("go-server", "i-1");
        Assert.Null((await instance.Status(View.Full))!.Derived.Blind);
        var before = silo.Clock.NowMs;
        silo.Clock.Jump(TimeSpan.FromMinutes(1));

        // At once: whether the standstill has been found yet or not.
        var status = await instance.Status(View.Full);
        Assert.Equal((Status.Types.Status.Running, Freshness.Fresh), (status!.Status_, status.Derived.Freshness));
        AssertCovers(status.Derived.Blind);
        AssertCovers(Assert.Single(await instance.HealthChecks(null, View.Full)).Derived.Blind);
        AssertCovers((await instance.Stats(View.Full))!.Derived.Blind);
        Assert.Null((await instance.Status(View.Basic))!.Derived);

        var request = new HistoryRequest { Service = "go-server", Id = "i-1", Limit = 1 };
        var first = await instance.History(request);
        AssertCovers(first.Blind[0]);
        Assert.Empty((await instance.History(new(request) { PageToken = first.NextPageToken })).Blind);
        Assert.Empty((await instance.History(new(request) { ToMs = before - 600_000 })).Blind);

        // The instance reports again: its entries are fresh by themselves.
        await silo.ApplyAsync(reports.Batch(reports.Status(), reports.Check("ping"), reports.Stats()));
        Assert.Null((await instance.Status(View.Full))!.Derived.Blind);

        void AssertCovers(BlindWindow? window)
        {
            Assert.NotNull(window);
            Assert.InRange(window.FromMs, 0, before + 1000);
            Assert.True(window.ToMs >= before + 59_000);
        }
    }

    [Fact]
    public async Task Journal_ThatRefusesBeats_IsBlindnessUntilItTakesThem()
    {
        await using var silo = await EmbeddedSilo.StartAsync(Sighted);
        var reports = new ReportBuilder("go-server", "i-1", clock: silo.Clock) { Interval = 60, Ttl = 120 };
        await silo.ApplyAsync(reports.Batch(reports.Status(), reports.Check("ping")));
        await silo.EvaluatedAsync();

        silo.Journal.Before = method => method is nameof(IJournal.BeatAsync) or nameof(IJournal.SaveCheckpointAsync) or nameof(IJournal.HeadAsync)
            ? Task.FromException(new JournalUnavailableException("The disk is full."))
            : Task.CompletedTask;

        // Before the clock jumps: this clock's jumps are sight, and a judgement that follows a beat which was still taken would be made after it.
        await Eventually.GetAsync("the partition says that it is blind", _ => silo.DirectoryOf("i-1").Summary(null), s => s.BlindSinceMs > 0);
        silo.Clock.Jump(TimeSpan.FromSeconds(200));
        var blind = await silo.DirectoryOf("i-1").Summary(null);
        Assert.True(silo.Clock.NowMs - blind.BlindSinceMs >= 200_000);
        Assert.True(blind.BehindMs >= 200_000);
        Assert.Equal(blind.BlindSinceMs, blind.Blind[^1].FromMs);
        var status = await silo.Instance("go-server", "i-1").Status(View.Full);
        Assert.Equal((Status.Types.Status.Running, Freshness.Fresh), (status!.Status_, status.Derived.Freshness));
        Assert.NotNull(status.Derived.Blind);

        silo.Journal.Before = _ => Task.CompletedTask;
        await Eventually.GetAsync("the partition sees again", _ => silo.DirectoryOf("i-1").Summary(null), s => s.BlindSinceMs == 0);
        await silo.EvaluatedAsync();
        Assert.All(await silo.EventsAsync("i-1"), e => Assert.Equal(Event.Types.Kind.Appeared, e.Kind));

        // The window is saved, so that a crash does not lose it.
        await using var killed = silo.Killed();
        await silo.StopAsync();
        await killed.StartAsync();
        var partition = EmbeddedSilo.PartitionOf("i-1").ToString(CultureInfo.InvariantCulture);
        Assert.Contains(await killed.Grains.GetGrain<IBlindness>(partition).Blind(), w => w.ToMs - w.FromMs >= 200_000);
    }

    [Fact]
    public async Task Beats_RefusedForAMoment_AreAWindowHoweverShort()
    {
        await using var silo = await EmbeddedSilo.StartAsync(Sighted);
        var reports = new ReportBuilder("go-server", "i-1", clock: silo.Clock);
        await silo.ApplyAsync(reports.Batch(reports.Status()));
        var before = (await silo.DirectoryOf("i-1").Summary(null)).Blind.Count;
        var from = silo.Clock.NowMs;
        silo.Journal.Fail(nameof(IJournal.BeatAsync), silo.Journal.Partitions * 2);
        await Eventually.GetAsync("the window is found", _ => silo.DirectoryOf("i-1").Summary(null), s => s.BlindSinceMs == 0 && s.Blind.Count > before);
        var window = (await silo.DirectoryOf("i-1").Summary(null)).Blind[^1];
        Assert.True(window.ToMs > from);
    }

    [Fact]
    public async Task Silence_OfMany_IsLookedUpTogether()
    {
        const int Many = 400;
        await using var silo = await EmbeddedSilo.StartAsync(Sighted);
        silo.Clock.Stop();
        await Task.WhenAll(Enumerable.Range(0, Many).Select(i =>
        {
            var reports = new ReportBuilder("go-server", $"i-{i}", clock: silo.Clock) { Interval = 60, Ttl = 600 };
            return silo.ApplyAsync(reports.Batch(reports.Status()));
        }));
        silo.Journal.Reset();
        silo.Clock.Jump(TimeSpan.FromSeconds(95));
        await Eventually.UntilAsync("all are told to be silent", async _ => await OverdueAsync(silo) == Many);
        Assert.InRange(silo.Journal.Calls(nameof(IJournal.ReadKeysAsync)), 1, Many / 4);
    }

    [Fact]
    public async Task Summary_ThroughEveryStage_CountsAsEventsTell()
    {
        await using var silo = await EmbeddedSilo.StartAsync(Sighted);
        var reports = new ReportBuilder("go-server", "i-1", clock: silo.Clock) { Interval = 60, Ttl = 600 };
        await silo.ApplyAsync(reports.Batch(reports.Status(), reports.Check("ping"), reports.Check("disk", error: "full"), reports.Stats()));
        await UntilAsync(silo, new() { Running = 1 }, new() { Ok = 1, Error = 1 });
        Assert.Empty((await silo.DirectoryOf("i-1").Summary("other")).Services);

        silo.Clock.Jump(TimeSpan.FromSeconds(95));
        await UntilAsync(silo, new() { Unknown = 1, Overdue = 1 }, new() { Unknown = 2, Overdue = 2 });
        await silo.ApplyAsync(reports.Batch(reports.Check("ping")));
        await UntilAsync(silo, new() { Unknown = 1, Overdue = 1 }, new() { Ok = 1, Unknown = 1, Overdue = 1 });
        await silo.ApplyAsync(reports.Batch(reports.Status(Status.Types.Status.Stopped)));
        await UntilAsync(silo, new() { Stopped = 1 }, new() { Stopped = 2 });

        // The directory is saved with its counts.
        await silo.RestartAsync();
        await UntilAsync(silo, new() { Stopped = 1 }, new() { Stopped = 2 });
        silo.Clock.Jump(TimeSpan.FromMinutes(20));
        await UntilAsync(silo, new(), new());
    }

    private static Task<PartitionSummary> UntilAsync(EmbeddedSilo silo, InstanceCounts instances, HealthCheckCounts checks) => Eventually.GetAsync(
        $"the summary counts {instances} and {checks}",
        _ => silo.DirectoryOf("i-1").Summary("go-server"),
        s => s.Services is [{ Service: "go-server" } one] && one.Instances.Equals(instances) && one.Healthchecks.Equals(checks));

    private static async Task<long> OverdueAsync(EmbeddedSilo silo)
    {
        var overdue = 0L;
        for (var partition = 0; partition < silo.Journal.Partitions; partition++)
        {
            var key = partition.ToString(CultureInfo.InvariantCulture);
            overdue += (await silo.Grains.GetGrain<IReportPartitionGrain>(key).Summary(null)).Services.Sum(s => s.Instances.Overdue);
        }

        return overdue;
    }

    /// <summary>A clock that jumps is not taken for blindness.</summary>
    private static void Sighted(GrainOptions options) => (options.BlindAfter, options.BeatPeriod) = (TimeSpan.FromHours(1), TimeSpan.FromMilliseconds(100));
}
