using Monitor.Protocol;

namespace Monitor.Rules.Staleness;

/// <summary>Sums the blindness of several partitions up.</summary>
public static class BlindSum
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <param name="partitions">The windows of each.</param>
    /// <param name="now">Whether any is blind now.</param>
    /// <param name="nowMs">The instant to look back from.</param>
    public static Blindness Of(IReadOnlyCollection<BlindWindows> partitions, bool now, long nowMs)
    {
        var any = BlindWindows.Union(partitions);
        return new() { Now = now, Latest = any.Latest, LastHour = Last(Hour), LastDay = Last(Day) };

        BlindTime Last(TimeSpan time)
        {
            var fromMs = nowMs - (long)time.TotalMilliseconds;
            return new()
            {
                MeanS = partitions.Count == 0 ? 0 : partitions.Average(p => p.Within(fromMs, nowMs)) / 1000,
                AnyS = any.Within(fromMs, nowMs) / 1000.0,
            };
        }
    }
}
