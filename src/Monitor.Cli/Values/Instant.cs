using System.Globalization;

namespace Monitor.Cli.Values;

/// <summary>Instants as people write them: <c>2026-01-31T12:00:00Z</c> (UTC where no zone is given), Unix seconds, or how long ago: <c>2h</c>.</summary>
internal static class Instant
{
    public const string Form = "write it as 2026-01-31T12:00:00Z, as Unix seconds, or as how long ago: 2h";

    public static bool TryParse(string text, DateTimeOffset now, out DateTimeOffset instant)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            instant = default;
            if (seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
                return false;
            instant = DateTimeOffset.FromUnixTimeSeconds(seconds);
            return true;
        }

        if (Duration.TryParse(text, out var ago))
        {
            instant = ago < now - DateTimeOffset.UnixEpoch ? now - ago : DateTimeOffset.UnixEpoch;
            return true;
        }

        return DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out instant);
    }
}
