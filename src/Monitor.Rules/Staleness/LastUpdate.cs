using System.Globalization;

namespace Monitor.Rules.Staleness;

/// <summary>"Last update 59s ago", in the original's words.</summary>
public static class LastUpdate
{
    public static string Text(long lastMs, long nowMs)
    {
        var age = TimeSpan.FromSeconds(Math.Max(0, (nowMs - lastMs) / 1000));
        var text = age.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(long)age.TotalHours}h{age.Minutes}m{age.Seconds}s")
            : age.TotalMinutes >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{age.Minutes}m{age.Seconds}s")
            : string.Create(CultureInfo.InvariantCulture, $"{age.Seconds}s");
        return $"Last update {text} ago";
    }
}
