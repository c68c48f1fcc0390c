namespace Monitor.Rules.Keys;

/// <summary>
/// Entries by instance, in the order of lists. Made for many entries that are found often, added in bursts and listed now and then: what was added is merged into
/// the order when it is next asked for. Not thread-safe.
/// </summary>
public sealed class OrderedIndex<TEntry>(Func<TEntry, InstanceKey> keyOf)
    where TEntry : class
{
    private readonly Dictionary<InstanceKey, TEntry> entries = [];
    private readonly List<TEntry> added = [];
    private TEntry[] ordered = [];
    private bool removed;

    public int Count => entries.Count;

    /// <summary>All of them, in no order.</summary>
    public IReadOnlyCollection<TEntry> Entries => entries.Values;

    public TEntry? Find(InstanceKey key) => entries.GetValueOrDefault(key);

    /// <exception cref="ArgumentException">There is one of that key.</exception>
    public void Add(TEntry entry)
    {
        entries.Add(keyOf(entry), entry);
        added.Add(entry);
    }

    public bool Remove(InstanceKey key)
    {
        if (!entries.Remove(key)) return false;
        removed = true;
        return true;
    }

    /// <summary>Entries after a key (null: from the first), of one service (null: of any), in order.</summary>
    public ReadOnlySpan<TEntry> After(InstanceKey? after, string? service)
    {
        Settle();
        var from = after is { } key ? LowerBound(key, orEqual: true) : 0;
        if (service is null) return ordered.AsSpan(from);
        from = Math.Max(from, LowerBound(new(service, ""), orEqual: false));
        var to = from;
        var high = ordered.Length;
        while (to < high)
        {
            var middle = (to + high) / 2;
            if (string.CompareOrdinal(keyOf(ordered[middle]).Service, service) <= 0) to = middle + 1;
            else high = middle;
        }

        return ordered.AsSpan(from, to - from);
    }

    private void Settle()
    {
        if (added.Count == 0 && !removed) return;
        IEnumerable<TEntry> kept = removed ? ordered.Concat(added).Where(e => ReferenceEquals(entries.GetValueOrDefault(keyOf(e)), e)) : ordered.Concat(added);
        ordered = [.. kept];
        Array.Sort(ordered, (a, b) => keyOf(a).CompareTo(keyOf(b)));
        added.Clear();
        removed = false;
    }

    private int LowerBound(InstanceKey key, bool orEqual)
    {
        var (low, high) = (0, ordered.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            var order = keyOf(ordered[middle]).CompareTo(key);
            if (order < 0 || (orEqual && order == 0)) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
