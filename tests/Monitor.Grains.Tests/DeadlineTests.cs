using System.Globalization;
using Monitor.Grains.Abstractions;
using Monitor.Grains.Feeds;
using Monitor.Grains.Staleness;
using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Testing;

namespace Monitor.Grains.Tests;

public sealed class DeadlineTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Silence_OnTheRealClock_IsToldByItself(bool restarted)
    {
        await using var silo = await EmbeddedSilo.StartAsync();
        var reports = new ReportBuilder("go-server", "i-1") { Interval = 1, Ttl = 5 };
        await silo.ApplyAsync(reports.Batch(reports.Status(), reports.Check("ping")));
        if (restarted) await silo.RestartAsync();
        await silo.EventsAsync("i-1", Event.Types.Kind.Overdue, "ping");
        await silo.EventsAsync("i-1", Event.Types.Kind.Expired, "ping");
        var events = await silo.EventsAsync("i-1", Event.Types.Kind.Expired, "");
        Assert.Equal([1, 2, 3, 4, 5, 6], events.Select(e => e.Version));
        Assert.Equal("instance", events.First(e => e is { Kind: Event.Types.Kind.Overdue, Check: "ping" }).CausedBy);
        Assert.All(events, e => Assert.True(e.DetectedAtMs >= e.AtMs));
    }

    [Fact]
    public async Task Silence_ThroughEveryStage_IsToldAndCounted()
    {
        await using var silo = await EmbeddedSilo.StartAsync(Sighted);
        var reports = new ReportBuilder("go-server", "i-1", clock: silo.Clock) { Interval = 60, Ttl = 600 };
        await silo.ApplyAsync(reports.Batch(reports.Status(), reports.Check("ping"), reports.Check("disk", error: "full"), reports.Stats()));
        Assert.Equal((1, 1, 2, 1), await CountsAsync(silo, wanted: (1, 1, 2, 1)));

        silo.Clock.Jump(TimeSpan.FromSeconds(95));
        var overdue = (await silo.EventsAsync("i-1", Event.Types.Kind.Overdue, "disk")).Where(e => e.Kind == Event.Types.Kind.Overdue).ToList();
        Assert.Equal(["", "disk", "ping"], overdue.Select(e => e.Check).Order());
        Assert.Equal((1, 1, 2, 1), await CountsAsync(silo, wanted: (1, 1, 2, 1)));
        Assert.Equal(Status.Types.Status.Unknown, (await silo.Instance("go-server", "i-1").Status(View.Basic))!.Status_);

        // One of them is back.
        await silo.ApplyAsync(reports.Batch(reports.Check("ping")));
        await silo.EventsAsync("i-1", Event.Types.Kind.Recovered, "ping");

        silo.Clock.Jump(TimeSpan.FromSeconds(595));
        await silo.EventsAsync("i-1", Event.Types.Kind.Expired, "disk");
        Assert.Equal((1, 0, 1, 0), await CountsAsync(silo, wanted: (1, 0, 1, 0)));
        silo.Clock.Jump(TimeSpan.FromSeconds(600));
        await silo.EventsAsync("i-1", Event.Types.Kind.Expired, "ping");
        Assert.Equal((0, 0, 0, 0), await CountsAsync(silo, wanted: (0, 0, 0, 0)));
        Assert.Null(await silo.Instance("go-server", "i-1").Status(View.Basic));
        await Eventually.UntilAsync("the healthcheck has none", async _ => await silo.CheckPage("ping") is { Known: true, Instances.Count: 0 });
        await Eventually.UntilAsync("the service has none", async _ => (await silo.Grains.GetGrain<IServiceGrain>("go-server").Versions()).Count == 0);
        var events = await silo.EventsAsync("i-1");
        Assert.Equal(Enumerable.Range(1, events.Count).Select(v => (long)v), events.Select(e => e.Version));
    }

    [Fact]
    public async Task Restart_LongerThanEveryDeadline_MakesNoLiveInstanceLookDead()
    {
        await using var silo = await EmbeddedSilo.StartAsync(o => o.BeatPeriod = TimeSpan.FromMilliseconds(100));
        var reports = new ReportBuilder("go-server", "i-1", clock: silo.Clock) { Interval = 60, Ttl = 120 };
        await silo.ApplyAsync(reports.Batch(reports.Status(), reports.Check("ping")));
        await silo.EvaluatedAsync();
        await silo.StopAsync();
        var before = silo.Clock.NowMs;
        silo.Clock.Jump(TimeSpan.FromHours(1));
        var after = silo.Clock.NowMs;
        await silo.StartAsync();
        await silo.EvaluatedAsync();

        var partition = EmbeddedSilo.PartitionOf("i-1").ToString(CultureInfo.InvariantCulture);
        var window = Assert.Single(await silo.Grains.GetGrain<IBlindness>(partition).Blind(), w => w.ToMs - w.FromMs > 3_000_000);
        Assert.InRange(window.FromMs, 0, before);
        Assert.True(window.ToMs >= after);
        var status = await silo.Instance("go-server", "i-1").Status(View.Full);
        Assert.Equal((Status.Types.Status.Running, Freshness.Fresh), (status!.Status_, status.Derived.Freshness));
        Assert.Equal(Freshness.Fresh, Assert.Single(await silo.Instance("go-server", "i-1").HealthChecks(null, View.Full)).Derived.Freshness);
        await silo.ApplyAsync(reports.Batch(reports.Status(), reports.Check("ping")));
        Assert.All(await silo.EventsAsync("i-1"), e => Assert.Equal(Event.Types.Kind.Appeared, e.Kind));

        // The window stays, whoever restarts; and one that is dead is told of after the blindness.
        await silo.RestartAsync();
        Assert.Contains(await silo.Grains.GetGrain<IBlindness>(partition).Blind(), w => w.ToMs - w.FromMs > 3_000_000);
    }

    [Fact]
    public async Task Restart_OfADeadInstance_IsToldOnceTheIntervalAfterTheBlindnessHasPassed()
    {
        await using var silo = await EmbeddedSilo.StartAsync(Sighted);
        var reports = new ReportBuilder("go-server", "i-1", clock: silo.Clock) { Interval = 60, Ttl = 600 };
        await silo.ApplyAsync(reports.Batch(reports.Status()));
        await silo.EvaluatedAsync();
        await silo.StopAsync();
        silo.Clock.Jump(TimeSpan.FromMinutes(2));
        var back = silo.Clock.NowMs;
        await silo.StartAsync();
        await silo.EvaluatedAsync();
        Assert.Single(await silo.EventsAsync("i-1"));
        silo.Clock.Jump(TimeSpan.FromSeconds(95));
        var overdue = Assert.Single(await silo.EventsAsync("i-1", Event.Types.Kind.Overdue, ""), e => e.Kind == Event.Types.Kind.Overdue);
        Assert.True(overdue.AtMs >= back + 90_000);
    }

    [Fact]
    public async Task Records_NotYetDelivered_RaiseNoAlarm()
    {
        await using var silo = await EmbeddedSilo.StartAsync(Sighted);
        var reports = new ReportBuilder("go-server", "i-1", clock: silo.Clock) { Interval = 60, Ttl = 600 };
        await silo.ApplyAsync(reports.Batch(reports.Status()));
        await silo.EvaluatedAsync();

        // Another key holds the delivery up; the deadline passes meanwhile, though the instance goes on to report.
        silo.Clock.Jump(TimeSpan.FromSeconds(85));
        var other = Enumerable.Range(2, 100).Select(i => $"i-{i}").First(id => EmbeddedSilo.PartitionOf(id) == EmbeddedSilo.PartitionOf("i-1"));
        silo.Journal.Fail(nameof(IJournal.CommitAsync), 2);
        var blocking = new ReportBuilder("go-server", other, clock: silo.Clock);
        await silo.PublishAsync(blocking.Batch(blocking.Status()));
        await silo.PublishAsync(reports.Batch(reports.Status()));
        silo.Clock.Jump(TimeSpan.FromSeconds(20));
        await silo.EvaluatedAsync();
        await silo.EventsAsync(other, Event.Types.Kind.Appeared, "");
        Assert.Equal(Status.Types.Status.Running, (await silo.Instance("go-server", "i-1").Status(View.Basic))!.Status_);
        Assert.Equal(Event.Types.Kind.Appeared, Assert.Single(await silo.EventsAsync("i-1")).Kind);
    }

    [Fact]
    public async Task Records_NotYetDeliveredAndJustLookedFor_RaiseNoAlarm()
    {
        await using var silo = await EmbeddedSilo.StartAsync(Sighted);
        silo.Clock.Stop();
        var reports = new ReportBuilder("go-server", "i-1", clock: silo.Clock) { Interval = 60, Ttl = 600 };
        await silo.ApplyAsync(reports.Batch(reports.Status()));

        // Delivery stands still; a query has looked for what is not delivered less than a second before the deadline, and a report comes in between.
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        silo.Journal.Before = method => method is nameof(IJournal.ReadAsync) ? gate.Task : Task.CompletedTask;
        silo.Clock.Jump(TimeSpan.FromSeconds(89.8));
        Assert.NotNull(await silo.Instance("go-server", "i-1").Status(View.Basic));
        await silo.PublishAsync(reports.Batch(reports.Status()));
        silo.Clock.Jump(TimeSpan.FromSeconds(0.4));
        await silo.Grains.GetGrain<IInstanceFeed>("go-server/i-1").Evaluate(silo.Clock.NowMs, 0);
        gate.SetResult();
        Assert.Single(await silo.EventsAsync("i-1"));
    }

    /// <summary>A clock that jumps is not taken for blindness.</summary>
    private static void Sighted(GrainOptions options) => (options.BlindAfter, options.BeatPeriod) = (TimeSpan.FromHours(1), TimeSpan.FromMilliseconds(100));

    private static Task<(int Ok, int Error, int All, int Stats)> CountsAsync(EmbeddedSilo silo, (int, int, int, int) wanted) => Eventually.GetAsync(
        $"the directory counts {wanted}",
        async _ => (
            await CountAsync(silo, DirectorySubject.HealthChecks, HealthCheck.Types.Status.Ok),
            await CountAsync(silo, DirectorySubject.HealthChecks, HealthCheck.Types.Status.Error),
            await CountAsync(silo, DirectorySubject.HealthChecks, HealthCheck.Types.Status.Unknown),
            await CountAsync(silo, DirectorySubject.Stats, HealthCheck.Types.Status.Unknown)),
        counts => counts == wanted);

    private static async Task<int> CountAsync(EmbeddedSilo silo, DirectorySubject subject, HealthCheck.Types.Status status) =>
        (await silo.AskDirectoryAsync("i-1", d => d.List(new(subject, null, status, null, null, 10)))).Entries.Sum(e => e.Matches);
}
