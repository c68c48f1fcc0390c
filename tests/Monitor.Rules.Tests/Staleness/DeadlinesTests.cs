using Monitor.Protocol;
using Monitor.Rules.Staleness;

namespace Monitor.Rules.Tests.Staleness;

public sealed class DeadlinesTests
{
    [Theory]
    [InlineData(10_000, Freshness.Fresh)]
    [InlineData(20_000, Freshness.Fresh)]
    [InlineData(20_001, Freshness.Late)]
    [InlineData(25_000, Freshness.Late)] // a grace of half the interval
    [InlineData(25_001, Freshness.Unknown)]
    [InlineData(70_000, Freshness.Unknown)]
    [InlineData(70_001, Freshness.Expired)]
    public void At_IntervalTenTtlSixty_IsAsDocumented(long nowMs, Freshness freshness) =>
        Assert.Equal(freshness, Deadlines.Of(10_000, 10_000, 10, 60, false, BlindWindows.None).At(nowMs));

    [Fact]
    public void Of_ShortInterval_HasTheLeastGrace() => Assert.Equal(3_000, Deadlines.Of(0, 0, 1, 60, false, BlindWindows.None).UnknownAt);

    [Fact]
    public void Of_TimestampInTheFutureOfReceipt_CountsFromReceipt() =>
        Assert.Equal(15_000, Deadlines.Of(99_000, 5_000, 10, 60, false, BlindWindows.None).LateAt);

    [Fact]
    public void Of_TtlUnderInterval_ExpiresPastTheIntervalAndTellsAfterTheGrace()
    {
        var deadlines = Deadlines.Of(0, 0, 10, 1, false, BlindWindows.None);
        Assert.Equal(10_000, deadlines.ExpireAt);
        Assert.Equal(15_000, deadlines.TellExpiredAt);
        Assert.Equal(15_000, deadlines.NextAfter(Freshness.Fresh));
    }

    [Fact]
    public void Of_IntervalZero_IsNeverLateYetExpires()
    {
        var deadlines = Deadlines.Of(0, 0, 0, 60, false, BlindWindows.None);
        Assert.Equal(Deadlines.Never, deadlines.LateAt);
        Assert.Equal(60_000, deadlines.ExpireAt);
        Assert.Equal(86_400_000, Deadlines.Of(0, 0, 0, 0, false, BlindWindows.None).ExpireAt);
    }

    [Fact]
    public void Of_Stopped_IsNeverLate() => Assert.Equal(Deadlines.Never, Deadlines.Of(0, 0, 10, 60, true, BlindWindows.None).UnknownAt);

    [Fact]
    public void Of_DeadlineWhileBlind_GetsAnIntervalAfterItsEnd()
    {
        var blind = BlindWindows.None.With(5_000, 30_000);
        var deadlines = Deadlines.Of(0, 0, 10, 20, false, blind);
        Assert.Equal(40_000, deadlines.LateAt);
        Assert.Equal(40_000, deadlines.ExpireAt);
    }

    [Fact]
    public void Of_DeadlineBeforeBlindness_StandsAsItWas()
    {
        var blind = BlindWindows.None.With(15_000, 30_000);
        Assert.Equal(10_000, Deadlines.Of(0, 0, 10, 20, false, blind).LateAt);
    }

    [Fact]
    public void Of_ReportAfterBlindness_IsNotTouchedByIt()
    {
        var blind = BlindWindows.None.With(5_000, 30_000);
        Assert.Equal(41_000, Deadlines.Of(31_000, 31_000, 10, 20, false, blind).LateAt);
    }

    [Fact]
    public void Of_BlindTwice_CarriesTheDeadlineThroughBoth()
    {
        var blind = BlindWindows.None.With(5_000, 8_000).With(12_000, 20_000);
        Assert.Equal(30_000, Deadlines.Of(0, 0, 10, 20, false, blind).LateAt);
    }

    [Fact]
    public void With_OverlappingWindow_JoinsTheLast()
    {
        var blind = BlindWindows.None.With(5_000, 8_000).With(8_000, 9_000);
        Assert.Single(blind.ToMessages());
        Assert.Equal(4_000, blind.Within(0, 100_000));
        Assert.Equal(1_000, blind.Within(6_000, 7_000));
    }

    [Theory]
    [InlineData(59_000, "Last update 59s ago")]
    [InlineData(61_500, "Last update 1m1s ago")]
    [InlineData(3_600_000, "Last update 1h0m0s ago")]
    [InlineData(-5, "Last update 0s ago")]
    public void Text_OfAnAge_IsTheOriginals(long ageMs, string text) => Assert.Equal(text, LastUpdate.Text(1_000_000, 1_000_000 + ageMs));
}
