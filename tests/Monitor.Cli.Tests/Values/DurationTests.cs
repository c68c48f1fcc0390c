using Monitor.Cli.Values;

namespace Monitor.Cli.Tests.Values;

public sealed class DurationTests
{
    [Theory]
    [InlineData("90s", 90)]
    [InlineData("5m", 300)]
    [InlineData("26h", 93600)]
    [InlineData("7d", 604800)]
    [InlineData("1h30m", 5400)]
    [InlineData("1.5h", 5400)]
    [InlineData("250ms", 0.25)]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    public void TryParse_Duration_IsThatLong(string text, double seconds)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5 s")]
    [InlineData("5S")]
    [InlineData("5w")]
    [InlineData("1..5s")]
    [InlineData("5s3")]
    [InlineData("99999999999999d")]
    [InlineData("9999999999999999999999999999999999999s")]
    [InlineData("10675199d24h")]
    [InlineData("NaNs")]
    public void TryParse_AnythingElse_IsRefused(string text)
    {
        Assert.False(Duration.TryParse(text, out _));
    }

    [Theory]
    [InlineData("90s", "90s")]
    [InlineData("300s", "5m")]
    [InlineData("48h", "2d")]
    [InlineData("50ms", "50ms")]
    [InlineData("0", "0s")]
    public void Format_Duration_IsItsLargestWholeUnit(string text, string expected)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(expected, Duration.Format(duration));
    }

    [Theory]
    [InlineData("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z")]
    [InlineData("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z")]
    [InlineData("2026-01-31 12:00", "2026-01-31T12:00:00Z")]
    [InlineData("1451096508", "2015-12-26T02:21:48Z")]
    [InlineData("2h", "2026-01-01T10:00:00Z")]
    [InlineData("9999999d", "1970-01-01T00:00:00Z")]
    public void InstantTryParse_Instant_IsThen(string text, string expected)
    {
        var now = DateTimeOffset.Parse("2026-01-01T12:00:00Z", null);

        Assert.True(Instant.TryParse(text, now, out var instant));
        Assert.Equal(DateTimeOffset.Parse(expected, null), instant);
    }

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("-5")]
    [InlineData("99999999999999999")]
    public void InstantTryParse_AnythingElse_IsRefused(string text)
    {
        Assert.False(Instant.TryParse(text, DateTimeOffset.UnixEpoch, out _));
    }
}
