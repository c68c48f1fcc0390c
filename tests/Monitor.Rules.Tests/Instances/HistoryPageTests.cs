using Monitor.Protocol;

namespace Monitor.Rules.Tests.Instances;

public sealed class HistoryPageTests
{
    private readonly InstanceTimeline line = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(100)]
    public void Pages_OfAnySize_HoldEachReportOnceNewestFirst(uint limit)
    {
        var again = line.Reports.Batch(line.Reports.Check("a"), line.Reports.Check("b"), line.Reports.Check("c"));
        line.Feed(again);
        line.Feed(line.Reports.Status());
        line.Feed(again);
        line.Feed(line.Reports.Check("a"), again.Reports[1], line.Reports.Check("b"));
        var sequences = new List<ulong>();
        var request = new HistoryRequest { Limit = limit };
        do
        {
            var page = line.History(request);
            Assert.True(page.Entries.Count <= (int)limit);
            sequences.AddRange(page.Entries.Select(e => e.Sequence));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal([6, 5, 4, 3, 2, 1], sequences);
    }

    [Fact]
    public void Add_WithCheck_HoldsThatCheckOnly()
    {
        line.Feed(line.Reports.Status(), line.Reports.Check("a"), line.Reports.Check("b"));
        var entry = Assert.Single(line.History(new() { Limit = 10, Check = "b" }).Entries);
        Assert.Equal(("b", "go-server", "i-1", "1.0.0"), (entry.Healthcheck.Id, entry.Healthcheck.Service.Name, entry.Healthcheck.Service.Id, entry.Healthcheck.Service.Version));
    }

    [Fact]
    public void Add_WithTimes_HoldsFromInclusiveToExclusive()
    {
        var start = line.NowMs;
        for (var i = 0; i < 5; i++)
        {
            line.Feed(line.Reports.Check("a"));
            line.After(1);
        }

        var entries = line.History(new() { Limit = 10, FromMs = start + 1000, ToMs = start + 3000 }).Entries;
        Assert.Equal([3UL, 2UL], entries.Select(e => e.Sequence));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("1.")]
    [InlineData(".1")]
    [InlineData("-1.2")]
    [InlineData("0.0")]
    public void TryParse_NoToken_IsRefused(string token) => Assert.False(Monitor.Rules.Instances.HistoryPlace.TryParse(token, out _));
}
