namespace Monitor.Rules.Order;

/// <summary>
/// The sequences of one incarnation that have been seen, as ranges. In the common case, reports in order, it is one range and costs nothing to extend.
/// Bounded: past <see cref="MaxRanges"/> the oldest range is forgotten, and a sequence in it then counts as never seen (late, not lost).
/// </summary>
public sealed class SeenSequences
{
    public const int MaxRanges = 64;

    private ulong[] bounds = []; // first, last, first, last … ascending, disjoint, not adjacent
    private int used;

    /// <summary>The ranges as pairs of first and last, ascending.</summary>
    public ReadOnlySpan<ulong> Bounds => bounds.AsSpan(0, used);

    public static SeenSequences From(IReadOnlyList<ulong> bounds)
    {
        var seen = new SeenSequences { bounds = [.. bounds], used = bounds.Count & ~1 };
        return seen;
    }

    /// <summary>Notes a sequence. False where it was seen before.</summary>
    public bool Add(ulong sequence)
    {
        if (used > 0 && sequence == bounds[used - 1] + 1)
        {
            bounds[used - 1] = sequence;
            return true;
        }

        // The first range that ends at or after the sequence.
        var at = used;
        while (at >= 2 && bounds[at - 1] >= sequence) at -= 2;
        if (at < used && bounds[at] <= sequence) return false;

        var joinsBefore = at >= 2 && bounds[at - 1] + 1 == sequence;
        var joinsAfter = at < used && bounds[at] == sequence + 1;
        switch (joinsBefore, joinsAfter)
        {
            case (true, true):
                bounds[at - 1] = bounds[at + 1];
                Remove(at);
                break;
            case (true, false):
                bounds[at - 1] = sequence;
                break;
            case (false, true):
                bounds[at] = sequence;
                break;
            default:
                Insert(at, sequence);
                break;
        }

        return true;
    }

    private void Insert(int at, ulong sequence)
    {
        if (used + 2 > bounds.Length) Array.Resize(ref bounds, Math.Max(2, bounds.Length * 2));
        bounds.AsSpan(at, used - at).CopyTo(bounds.AsSpan(at + 2));
        bounds[at] = bounds[at + 1] = sequence;
        used += 2;
        if (used > MaxRanges * 2) Remove(0);
    }

    private void Remove(int at)
    {
        bounds.AsSpan(at + 2, used - at - 2).CopyTo(bounds.AsSpan(at));
        used -= 2;
    }
}
