namespace Monitor.Rules.Order;

/// <summary>Where a report stands among those of its kind from one instance.</summary>
/// <param name="Epoch">Incarnation; 0: none given.</param>
/// <param name="Sequence">Within the epoch; 0: none given.</param>
/// <param name="TimestampMs">As reported, Unix milliseconds.</param>
public readonly record struct ReportOrder(ulong Epoch, ulong Sequence, long TimestampMs)
{
    /// <summary>
    /// Whether a report that arrives now is older than this one, the latest so far. By epoch where both have one and they differ, then by sequence where both have
    /// one, else by timestamp; at a tie the one that arrives later is the newer.
    /// </summary>
    public bool IsNewerThan(ReportOrder arriving)
    {
        if (Epoch != 0 && arriving.Epoch != 0)
        {
            if (Epoch != arriving.Epoch) return arriving.Epoch < Epoch;
            if (Sequence != 0 && arriving.Sequence != 0) return arriving.Sequence < Sequence;
        }

        return arriving.TimestampMs < TimestampMs;
    }
}
