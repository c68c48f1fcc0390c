using Monitor.Protocol;

namespace Monitor.Rules.Staleness;

/// <summary>
/// When a report is overdue, and when it expires. All instants are Unix milliseconds; <see cref="Never"/> where it cannot be.
/// </summary>
/// <param name="LateAt">Base + interval: from then on a query shows a status as UNKNOWN.</param>
/// <param name="UnknownAt">LateAt + grace: from then on events and aggregates say so.</param>
/// <param name="ExpireAt">Base + max(interval, ttl): from then on no list holds it.</param>
/// <param name="TellExpiredAt">When the tombstone's event is due: ExpireAt, but not before the grace is over.</param>
public readonly record struct Deadlines(long LateAt, long UnknownAt, long ExpireAt, long TellExpiredAt)
{
    public const long Never = long.MaxValue;

    /// <summary>How long an entry lives that gives neither interval nor ttl.</summary>
    public static readonly TimeSpan DefaultTtl = TimeSpan.FromDays(1);

    /// <summary>The least grace.</summary>
    public static readonly TimeSpan MinGrace = TimeSpan.FromSeconds(2);

    /// <param name="timestampMs">As reported.</param>
    /// <param name="receivedAtMs">When it arrived: a timestamp in the future of it counts as it.</param>
    /// <param name="intervalS">Seconds; 0: never late.</param>
    /// <param name="ttlS">Seconds.</param>
    /// <param name="terminal">A STOPPED status: never late, yet it expires.</param>
    /// <param name="blind">Times that do not count as silence.</param>
    public static Deadlines Of(long timestampMs, long receivedAtMs, long intervalS, long ttlS, bool terminal, BlindWindows blind)
    {
        var baseMs = Math.Min(timestampMs, receivedAtMs);
        var intervalMs = intervalS * 1000;
        var expireAt = baseMs + (intervalS == 0 && ttlS == 0 ? (long)DefaultTtl.TotalMilliseconds : Math.Max(intervalMs, ttlS * 1000));
        if (!blind.IsEmpty) expireAt = blind.Extend(expireAt, baseMs, intervalMs);
        if (intervalS == 0 || terminal) return new(Never, Never, expireAt, expireAt);

        var lateAt = baseMs + intervalMs;
        if (!blind.IsEmpty) lateAt = blind.Extend(lateAt, baseMs, intervalMs);
        var unknownAt = lateAt + GraceMs(intervalMs);
        return new(lateAt, unknownAt, expireAt, Math.Max(expireAt, unknownAt));
    }

    /// <summary>What is said of it at an instant.</summary>
    public Freshness At(long nowMs) =>
        nowMs > ExpireAt ? Freshness.Expired
        : nowMs > UnknownAt ? Freshness.Unknown
        : nowMs > LateAt ? Freshness.Late
        : Freshness.Fresh;

    /// <summary>When the next event is due, given what was last told; <see cref="Never"/> after EXPIRED.</summary>
    public long NextAfter(Freshness told) => told switch
    {
        Freshness.Expired => Never,
        Freshness.Unknown => TellExpiredAt,
        _ => Math.Min(UnknownAt, TellExpiredAt),
    };

    private static long GraceMs(long intervalMs) => Math.Max((long)MinGrace.TotalMilliseconds, intervalMs / 2);
}
