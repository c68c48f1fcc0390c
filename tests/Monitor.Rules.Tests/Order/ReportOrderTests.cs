using Monitor.Rules.Order;

namespace Monitor.Rules.Tests.Order;

public sealed class ReportOrderTests
{
    [Theory]
    [InlineData(5, 9, 1000, 6, 1, 500, false)] // a later epoch wins whatever its sequence and time
    [InlineData(6, 1, 500, 5, 9, 1000, true)]
    [InlineData(5, 9, 1000, 5, 8, 2000, true)] // then the sequence
    [InlineData(5, 9, 1000, 5, 10, 900, false)]
    [InlineData(0, 0, 1000, 0, 0, 999, true)] // then the timestamp
    [InlineData(0, 0, 1000, 0, 0, 1000, false)] // a tie goes to the later arrival
    [InlineData(5, 9, 1000, 0, 0, 999, true)] // one without epoch is placed by time
    [InlineData(5, 9, 1000, 0, 0, 1001, false)]
    public void IsNewerThan_LatestAgainstArriving_IsAsDocumented(
        ulong epoch, ulong sequence, long ms, ulong arrivingEpoch, ulong arrivingSequence, long arrivingMs, bool newer) =>
        Assert.Equal(newer, new ReportOrder(epoch, sequence, ms).IsNewerThan(new(arrivingEpoch, arrivingSequence, arrivingMs)));
}
