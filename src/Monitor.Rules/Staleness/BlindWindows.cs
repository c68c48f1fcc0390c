using Monitor.Protocol;

namespace Monitor.Rules.Staleness;

/// <summary>
/// Times in which reports could not be received or applied, ascending. A deadline that falls into such a time, or comes so soon after it that the report it waits for was
/// due in it, moves to one interval after its end: what was not heard while blind is no silence.
/// </summary>
public sealed class BlindWindows
{
    /// <summary>How many are kept; the oldest go. Only those younger than the longest interval matter.</summary>
    public const int Capacity = 256;

    private readonly (long FromMs, long ToMs)[] windows;

    private BlindWindows((long, long)[] windows) => this.windows = windows;

    public static BlindWindows None { get; } = new([]);

    public bool IsEmpty => windows.Length == 0;

    /// <summary>End of the latest; 0 where there is none. It grows with each that is added.</summary>
    public long UntilMs => windows.Length == 0 ? 0 : windows[^1].ToMs;

    /// <summary>The latest; null where there is none.</summary>
    public BlindWindow? Latest => windows.Length == 0 ? null : Message(windows[^1]);

    public static BlindWindows From(IEnumerable<BlindWindow> windows) => new([.. windows.Select(w => (w.FromMs, w.ToMs))]);

    /// <summary>The times in which at least one of several was blind.</summary>
    public static BlindWindows Union(IEnumerable<BlindWindows> all)
    {
        var joined = new List<(long FromMs, long ToMs)>();
        foreach (var window in all.SelectMany(w => w.windows).Order())
        {
            if (joined.Count > 0 && joined[^1].ToMs >= window.FromMs) joined[^1] = (joined[^1].FromMs, Math.Max(joined[^1].ToMs, window.ToMs));
            else joined.Add(window);
        }

        return new([.. joined]);
    }

    public IEnumerable<BlindWindow> ToMessages() => windows.Select(Message);

    /// <summary>Those that overlap a time, newest first.</summary>
    /// <param name="fromMs">Inclusive.</param>
    /// <param name="toMs">Exclusive; 0: unbounded.</param>
    public IEnumerable<BlindWindow> Overlapping(long fromMs, long toMs) =>
        windows.Reverse().Where(w => w.ToMs > fromMs && (toMs == 0 || w.FromMs < toMs)).Select(Message);

    /// <summary>With one more, which may overlap the latest and not end before them.</summary>
    public BlindWindows With(long fromMs, long toMs)
    {
        var kept = windows.Length;
        for (; kept > 0 && windows[kept - 1].ToMs >= fromMs; kept--)
        {
            fromMs = Math.Min(fromMs, windows[kept - 1].FromMs);
            toMs = Math.Max(toMs, windows[kept - 1].ToMs);
        }

        return new([.. windows[Math.Max(0, kept - Capacity + 1)..kept], (fromMs, toMs)]);
    }

    /// <summary>Milliseconds of blindness between two instants.</summary>
    public long Within(long fromMs, long toMs) => windows.Sum(w => Math.Max(0, Math.Min(w.ToMs, toMs) - Math.Max(w.FromMs, fromMs)));

    /// <summary>A deadline as blindness moves it.</summary>
    /// <param name="deadlineMs">The deadline by the report's own numbers.</param>
    /// <param name="baseMs">What it counts from: windows that ended before do not matter.</param>
    /// <param name="intervalMs">Within which a live reporter reports again.</param>
    public long Extend(long deadlineMs, long baseMs, long intervalMs)
    {
        foreach (var (fromMs, toMs) in windows)
        {
            if (toMs > baseMs && deadlineMs >= fromMs) deadlineMs = Math.Max(deadlineMs, toMs + intervalMs);
        }

        return deadlineMs;
    }

    private static BlindWindow Message((long FromMs, long ToMs) window) => new() { FromMs = window.FromMs, ToMs = window.ToMs };
}
