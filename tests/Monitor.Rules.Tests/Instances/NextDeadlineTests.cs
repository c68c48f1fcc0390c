namespace Monitor.Rules.Tests.Instances;

public sealed class NextDeadlineTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Report_WithAShorterIntervalThanManyChecks_IsMissedAtItsOwnDeadline(bool restored)
    {
        var instance = new InstanceTimeline();
        var slow = new Monitor.Testing.ReportBuilder("go-server", "i-1", clock: instance.Clock) { Interval = 3600, Ttl = 7200 };
        instance.Feed(slow.Batch([slow.Status(), .. Enumerable.Range(0, 40).Select(i => slow.Check($"check-{i:00}"))]));
        var hour = instance.State.NextDeadlineMs(instance.Blind);
        if (restored) instance.Restore();

        // Of the same epoch, and on from its sequences.
        var quick = new Monitor.Testing.ReportBuilder("go-server", "i-1", clock: instance.Clock) { Interval = 10, Ttl = 60 };
        for (var i = 0; i < 41; i++) quick.Check("skipped");
        instance.Feed(quick.Batch(quick.Check("check-07")));

        Assert.Equal(instance.NowMs + 15_000, instance.State.NextDeadlineMs(instance.Blind));
        Assert.True(instance.State.NextDeadlineMs(instance.Blind) < hour);
        instance.TakeEvents();
        instance.After(16);
        Assert.Equal("check-07:Overdue:1", instance.Kinds());
    }
}
