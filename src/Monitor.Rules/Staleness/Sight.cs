namespace Monitor.Rules.Staleness;

/// <summary>
/// What a partition knows of its own blindness, from two signs of life: it looks at its clock, which shows that its process ran, and it beats, which shows that its
/// journal can be written. One thread changes it; any may read.
/// </summary>
/// <remarks>A window must be saved before a later beat is: until then what is stored says "blind since the last beat", which covers it.</remarks>
public sealed class Sight
{
    private readonly long blindAfterMs;
    private volatile State state;

    /// <param name="windows">As saved.</param>
    /// <param name="beatMs">The last beat that is stored; 0: there was none. The time since then was spent blind, however short.</param>
    /// <param name="nowMs">The instant of the start.</param>
    /// <param name="blindAfter">A shorter time without a look or an answer of the journal is no blindness.</param>
    public Sight(BlindWindows windows, long beatMs, long nowMs, TimeSpan blindAfter)
    {
        blindAfterMs = (long)blindAfter.TotalMilliseconds;
        var gap = beatMs > 0 && beatMs < nowMs;
        state = new(gap ? windows.With(beatMs, nowMs) : windows, nowMs, beatMs, 0, false, gap);
    }

    /// <summary>The last beat that is stored, Unix milliseconds.</summary>
    public long BeatMs => state.BeatMs;

    /// <summary>A window has been found that is not saved.</summary>
    public bool Unsaved => state.Unsaved;

    /// <summary>When it last looked.</summary>
    public long SeenMs => state.SeenMs;

    /// <summary>The windows that have ended.</summary>
    public BlindWindows Windows => state.Windows;

    /// <summary>Every window at an instant, the one that lasts included, up to that instant.</summary>
    public BlindWindows AsOf(long nowMs) => BlindSince(nowMs) is var since && since > 0 ? state.Windows.With(since, nowMs) : state.Windows;

    /// <summary>Since when it is blind at an instant, Unix milliseconds; 0: it is not.</summary>
    public long BlindSince(long nowMs)
    {
        var s = state;
        var unwritable = s.Failing || (s.WritingMs > 0 && nowMs - s.WritingMs >= blindAfterMs);
        if (unwritable && s.BeatMs > 0) return s.BeatMs;
        return unwritable || nowMs - s.SeenMs >= blindAfterMs ? s.SeenMs : 0;
    }

    /// <summary>Notes that the process runs. True where it did not for a while: a window has been found.</summary>
    public bool Look(long nowMs)
    {
        var s = state;
        var found = nowMs - s.SeenMs >= blindAfterMs;
        state = found ? s with { Windows = s.Windows.With(s.SeenMs, nowMs), SeenMs = nowMs, Unsaved = true } : s with { SeenMs = Math.Max(s.SeenMs, nowMs) };
        return found;
    }

    /// <summary>A beat is about to be written. Where the last could not be, the time since the one before it is a window.</summary>
    public void Writing(long nowMs)
    {
        var s = state;
        var found = s.Failing && s.BeatMs > 0 && s.BeatMs < nowMs;
        state = s with { Windows = found ? s.Windows.With(s.BeatMs, nowMs) : s.Windows, WritingMs = nowMs, Unsaved = s.Unsaved || found };
    }

    /// <summary>The beat could not be written.</summary>
    public void NotWritten() => state = state with { Failing = true, WritingMs = 0 };

    /// <summary>The beat is durable.</summary>
    /// <param name="beatMs">When its writing began.</param>
    /// <param name="nowMs">When it ended: where that took long, the time between is a window.</param>
    /// <param name="saved">The windows that were saved with it.</param>
    public void Written(long beatMs, long nowMs, BlindWindows? saved)
    {
        var s = state;
        var slow = nowMs - beatMs >= blindAfterMs;
        var unsaved = s.Unsaved && !ReferenceEquals(s.Windows, saved);
        state = s with { Windows = slow ? s.Windows.With(beatMs, nowMs) : s.Windows, BeatMs = beatMs, WritingMs = 0, Failing = false, Unsaved = unsaved || slow };
    }

    private sealed record State(BlindWindows Windows, long SeenMs, long BeatMs, long WritingMs, bool Failing, bool Unsaved);
}
