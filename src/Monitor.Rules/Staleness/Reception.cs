namespace Monitor.Rules.Staleness;

/// <summary>
/// Until when a partition's reports were taken for certain: the gateways that take them say so again and again. A silence is judged by no later instant: while no gateway
/// speaks, or one has fallen silent whose reporters are still moving to another, what is not heard is no silence of theirs. One thread uses it.
/// </summary>
/// <param name="nowMs">The instant of the start: nothing is certain after it until a gateway speaks.</param>
public sealed class Reception(long nowMs)
{
    /// <summary>How long reporters take at most to leave a gateway that hangs: their pings, or Consul's word, and then a report.</summary>
    public static readonly TimeSpan LongestMove = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, long> heard = [];
    private long lastMs = nowMs;

    /// <summary>A gateway takes reports.</summary>
    public void Hear(string gateway, long nowMs)
    {
        heard[gateway] = nowMs;
        lastMs = Math.Max(lastMs, nowMs);
    }

    /// <summary>A gateway stops, and has sent its reporters away.</summary>
    public void Leave(string gateway) => heard.Remove(gateway);

    /// <summary>The instant until which whatever was sent was taken, as known at an instant: Unix milliseconds, never after it.</summary>
    public long Until(long nowMs)
    {
        var until = long.MaxValue;
        foreach (var (gateway, ms) in heard)
        {
            if (nowMs - ms > LongestMove.TotalMilliseconds) heard.Remove(gateway);
            else until = Math.Min(until, ms);
        }

        return Math.Min(nowMs, heard.Count > 0 ? until : lastMs);
    }
}
