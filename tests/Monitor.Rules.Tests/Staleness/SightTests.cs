using Monitor.Protocol;
using Monitor.Rules.Staleness;

namespace Monitor.Rules.Tests.Staleness;

public sealed class SightTests
{
    private static readonly TimeSpan BlindAfter = TimeSpan.FromSeconds(2);

    [Fact]
    public void Start_AfterABeat_IsAWindowHoweverShort()
    {
        var sight = new Sight(BlindWindows.None, 10_000, 10_500, BlindAfter);
        Assert.Equal([(10_000, 10_500)], Of(sight.Windows));
        Assert.True(sight.Unsaved);
    }

    [Fact]
    public void Start_WithoutABeat_IsNone()
    {
        var sight = new Sight(BlindWindows.None, 0, 10_500, BlindAfter);
        Assert.True(sight.Windows.IsEmpty);
        Assert.False(sight.Unsaved);
    }

    [Theory]
    [InlineData(1_999, false)]
    [InlineData(2_000, true)]
    public void Look_AfterSuchAGap_FindsAWindow(long gapMs, bool found)
    {
        var sight = new Sight(BlindWindows.None, 0, 10_000, BlindAfter);
        Assert.Equal(found ? 10_000 : 0, sight.BlindSince(10_000 + gapMs));
        Assert.Equal(found, !sight.AsOf(10_000 + gapMs).IsEmpty);
        Assert.Equal(found, sight.Look(10_000 + gapMs));
        Assert.Equal(found, !sight.Windows.IsEmpty);
        Assert.Equal(0, sight.BlindSince(10_000 + gapMs));
    }

    [Fact]
    public void Beat_ThatFails_IsBlindSinceTheOneBefore_AndAWindowWhenTheNextIsWritten()
    {
        var sight = Beaten(10_000);
        sight.Look(11_000);
        sight.Writing(11_000);
        sight.NotWritten();
        sight.Look(11_400);
        Assert.Equal(10_000, sight.BlindSince(11_400));
        Assert.Equal([(10_000, 11_400)], Of(sight.AsOf(11_400)));

        sight.Look(11_500);
        sight.Writing(11_500);
        Assert.True(sight.Unsaved);
        var saved = sight.Windows;
        sight.Written(11_500, 11_510, saved);
        Assert.Equal([(10_000, 11_500)], Of(sight.Windows));
        Assert.Equal(0, sight.BlindSince(11_600));
        Assert.False(sight.Unsaved);
    }

    [Fact]
    public void Beat_ThatTakesLong_IsBlindMeanwhile_AndAWindow()
    {
        var sight = Beaten(10_000);
        sight.Look(11_500);
        sight.Writing(11_500);
        for (var now = 12_000; now <= 15_000; now += 500) sight.Look(now);
        Assert.Equal(10_000, sight.BlindSince(15_000));
        sight.Written(11_500, 15_000, null);
        Assert.Equal([(11_500, 15_000)], Of(sight.Windows));
        Assert.True(sight.Unsaved);
    }

    [Fact]
    public void Window_FoundWhileOthersAreSaved_StaysUnsaved()
    {
        var sight = new Sight(BlindWindows.None, 9_000, 10_000, BlindAfter);
        sight.Writing(10_000);
        var saved = sight.Windows;
        sight.Look(20_000);
        sight.Written(10_000, 10_100, saved);
        Assert.True(sight.Unsaved);
    }

    [Fact]
    public void Union_OfOverlappingWindows_CountsTimeOnce()
    {
        var one = BlindWindows.None.With(1_000, 5_000).With(9_000, 10_000);
        var other = BlindWindows.None.With(4_000, 6_000);
        Assert.Equal([(1_000, 6_000), (9_000, 10_000)], Of(BlindWindows.Union([one, other])));
    }

    [Fact]
    public void With_WindowThatCoversSeveral_TakesTheirPlace() =>
        Assert.Equal([(1_000, 9_000)], Of(BlindWindows.None.With(2_000, 3_000).With(4_000, 5_000).With(1_000, 9_000)));

    [Fact]
    public void With_MoreThanAreKept_LetsTheOldestGo()
    {
        var windows = BlindWindows.None;
        for (var i = 1; i <= BlindWindows.Capacity + 10; i++) windows = windows.With(i * 10, (i * 10) + 1);
        var kept = Of(windows);
        Assert.Equal(BlindWindows.Capacity, kept.Count);
        Assert.Equal((110, 111), kept[0]);
    }

    [Fact]
    public void Overlapping_ARange_IsNewestFirstWithoutWhatOnlyTouchesIt()
    {
        var windows = BlindWindows.None.With(1_000, 2_000).With(3_000, 4_000).With(5_000, 6_000);
        Assert.Equal([3_000], windows.Overlapping(2_000, 5_000).Select(w => w.FromMs));
        Assert.Equal([5_000, 3_000, 1_000], windows.Overlapping(0, 0).Select(w => w.FromMs));
    }

    [Fact]
    public void Sum_OverPartitions_HasMeanAndUnion()
    {
        const long Now = 100_000_000;
        var one = BlindWindows.None.With(Now - 7_200_000, Now - 7_100_000).With(Now - 10_000, Now);
        var other = BlindWindows.None.With(Now - 15_000, Now - 5_000);
        var sum = BlindSum.Of([one, other, BlindWindows.None, BlindWindows.None], now: true, Now);
        Assert.True(sum.Now);
        Assert.Equal(new BlindWindow { FromMs = Now - 15_000, ToMs = Now }, sum.Latest);
        Assert.Equal(new BlindTime { MeanS = 5, AnyS = 15 }, sum.LastHour);
        Assert.Equal(new BlindTime { MeanS = 30, AnyS = 115 }, sum.LastDay);
    }

    private static Sight Beaten(long nowMs)
    {
        var sight = new Sight(BlindWindows.None, 0, nowMs, BlindAfter);
        sight.Writing(nowMs);
        sight.Written(nowMs, nowMs, null);
        return sight;
    }

    private static List<(long FromMs, long ToMs)> Of(BlindWindows windows) => [.. windows.ToMessages().Select(w => (w.FromMs, w.ToMs))];
}
