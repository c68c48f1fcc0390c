namespace Monitor.Rules.Staleness;

/// <summary>
/// Whether a partition's reports can reach it: the gateways that take them say so again and again. While none does, or one has just fallen silent whose reporters are
/// still moving to another, what is not heard is no silence of theirs. One thread uses it.
/// </summary>
/// <param name="nowMs">The instant of the start: gateways have a while to speak up.</param>
/// <param name="patience">A gateway that has said nothing for longer is silent.</param>
public sealed class Reception(long nowMs, TimeSpan patience)
{
    /// <summary>How long reporters take at most to leave a gateway that hangs: their pings, or Consul's word, and then a report.</summary>
    public static readonly TimeSpan LongestMove = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, long> heard = [];
    private readonly long patienceMs = (long)patience.TotalMilliseconds;
    private long lastMs = nowMs;

    /// <summary>A gateway takes reports.</summary>
    public void Hear(string gateway, long nowMs)
    {
        heard[gateway] = nowMs;
        lastMs = Math.Max(lastMs, nowMs);
    }

    /// <summary>A gateway stops, and has sent its reporters away.</summary>
    public void Leave(string gateway) => heard.Remove(gateway);

    /// <summary>Whether every report that was sent is taken by somebody, at an instant.</summary>
    public bool IsWhole(long nowMs)
    {
        if (nowMs - lastMs > patienceMs) return false;
        var whole = true;
        foreach (var (gateway, ms) in heard)
        {
            if (nowMs - ms <= patienceMs) continue;
            if (nowMs - ms <= LongestMove.TotalMilliseconds) whole = false;
            else heard.Remove(gateway);
        }

        return whole;
    }
}
