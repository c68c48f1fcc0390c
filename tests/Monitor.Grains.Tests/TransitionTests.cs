using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Testing;

namespace Monitor.Grains.Tests;

/// <summary>A transition is in the feed exactly once, whatever fails.</summary>
public sealed class TransitionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)] // it was kept, and no one was told
    public async Task Commit_Fails_EveryTransitionIsInTheFeedOnce(bool kept)
    {
        await using var silo = await EmbeddedSilo.StartAsync();
        var reports = new ReportBuilder("go-server", "i-1");
        await silo.ApplyAsync(reports.Batch(reports.Status()));
        silo.Journal.Fail(nameof(IJournal.CommitAsync), 2, done: kept);
        for (var i = 0; i < 4; i++) await silo.PublishAsync(reports.Batch(reports.Check("ping", error: i % 2 == 0 ? "" : "down")));
        await AssertAsync(silo, 5);
        await Eventually.UntilAsync("the commits that failed are tried again", () => silo.Journal.Calls(nameof(IJournal.CommitAsync)) > 2);
        await Eventually.UntilAsync("the healthcheck has heard of it", async _ => (await silo.CheckPage("ping")).Instances.Count == 1);
    }

    [Fact]
    public async Task Commit_FailsUntilTheSiloIsKilled_EveryTransitionIsInTheFeedOnce()
    {
        await using var first = await EmbeddedSilo.StartAsync();
        var reports = new ReportBuilder("go-server", "i-1");
        await first.ApplyAsync(reports.Batch(reports.Status()));
        first.Journal.Fail(nameof(IJournal.CommitAsync), int.MaxValue);
        for (var i = 0; i < 4; i++) await first.PublishAsync(reports.Batch(reports.Check("ping", error: i % 2 == 0 ? "" : "down")));
        await Eventually.UntilAsync("a commit has failed", () => first.Journal.Calls(nameof(IJournal.CommitAsync)) > 1);
        await using var silo = first.Killed();
        await silo.StartAsync();
        await AssertAsync(silo, 5);
        await silo.RestartAsync();
        await silo.PublishAsync(reports.Batch(reports.Check("ping")));
        await AssertAsync(silo, 6);
    }

    [Fact]
    public async Task Restarts_Several_NoTransitionIsRepeatedOrLost()
    {
        await using var silo = await EmbeddedSilo.StartAsync();
        var reports = new ReportBuilder("go-server", "i-1");
        await silo.PublishAsync(reports.Batch(reports.Status()));
        for (var i = 0; i < 3; i++)
        {
            await silo.PublishAsync(reports.Batch(reports.Check("ping"), reports.Check("disk", error: i % 2 == 0 ? "full" : "")));
            await silo.RestartAsync();
        }

        await silo.PublishAsync(reports.Batch(reports.Status(Status.Types.Status.Stopped)));
        await AssertAsync(silo, 6); // three appeared, the disk changed twice, the status once
    }

    private static async Task AssertAsync(EmbeddedSilo silo, int count)
    {
        var events = await Eventually.GetAsync($"{count} transitions are in the feed", _ => silo.EventsAsync("i-1"), e => e.Count >= count);
        Assert.Equal(Enumerable.Range(1, count).Select(v => (long)v), events.Select(e => e.Version));
    }
}
