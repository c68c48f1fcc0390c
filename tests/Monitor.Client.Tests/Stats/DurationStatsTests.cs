using Monitor.Client.Stats;

namespace Monitor.Client.Tests.Stats;

public sealed class DurationStatsTests
{
    [Fact]
    public void Metrics_OfKnownDurations_AreRight()
    {
        var stats = new DurationStats();
        for (var i = 1; i <= 100; i++) stats.Add(i * 1_000_000L);
        var metrics = stats.ToMetrics();
        Assert.Equal(100, metrics.Count);
        Assert.Equal(50_500_000, metrics.Mean, 1e-3);
        Assert.Equal(28_866_070.0477, metrics.StdDev, 1e-3);
        Assert.InRange(metrics.Upper95, 95_000_000 * 0.97, 95_000_000 * 1.03);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(123_456_789)]
    [InlineData((1L << 42) - 1)]
    [InlineData(long.MaxValue / 2)]
    public void Metrics_OfOneDuration_AreExact(long nanoseconds)
    {
        var stats = new DurationStats();
        stats.Add(nanoseconds);
        var metrics = stats.ToMetrics();
        Assert.Equal((1L, (double)nanoseconds, 0.0, (double)nanoseconds), (metrics.Count, metrics.Mean, metrics.StdDev, metrics.Upper95));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Upper95_OfRandomDurations_IsWithinThreePercent(int seed)
    {
        var random = new Random(seed);
        var stats = new DurationStats();
        var durations = Enumerable.Range(0, 20_000).Select(_ => (long)(1_000 * Math.Pow(10, random.NextDouble() * 6))).ToList();
        foreach (var duration in durations) stats.Add(duration);
        durations.Sort();
        var exact = durations[(int)Math.Ceiling(durations.Count * 0.95) - 1];
        Assert.InRange(stats.ToMetrics().Upper95, exact * 0.965, exact * 1.035);
    }
}
