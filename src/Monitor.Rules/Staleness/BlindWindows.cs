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

    public static BlindWindows From(IEnumerable<BlindWindow> windows) => new([.. windows.Select(w => (w.FromMs, w.ToMs))]);

    public IEnumerable<BlindWindow> ToMessages() => windows.Select(w => new BlindWindow { FromMs = w.FromMs, ToMs = w.ToMs });

    /// <summary>With one more, which may overlap the last and not lie before it.</summary>
    public BlindWindows With(long fromMs, long toMs)
    {
        if (windows.Length > 0 && windows[^1].ToMs >= fromMs)
            return new([.. windows[..^1], (windows[^1].FromMs, Math.Max(windows[^1].ToMs, toMs))]);
        return new([.. windows.TakeLast(Capacity - 1), (fromMs, toMs)]);
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
}
