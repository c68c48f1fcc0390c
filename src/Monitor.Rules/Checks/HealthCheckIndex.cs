using Monitor.Protocol;
using Monitor.Rules.Keys;

namespace Monitor.Rules.Checks;

/// <summary>Who reports one healthcheck id, in which state: a function of its events, in order. Not thread-safe.</summary>
public sealed class HealthCheckIndex(Func<string, string>? intern = null)
{
    private readonly Func<string, string> intern = intern ?? (s => s);
    private readonly OrderedIndex<Entry> index = new(e => e.Key);

    /// <summary>How many instances report it, unexpired.</summary>
    public int Count => index.Count;

    public void Apply(Event transition)
    {
        var key = new InstanceKey(intern(transition.Service.Name), intern(transition.Service.Id));
        var entry = index.Find(key);
        if (entry is not null && entry.Version >= transition.Version) return;
        if (transition.Kind is Event.Types.Kind.Expired or Event.Types.Kind.Forgotten)
        {
            index.Remove(key);
            return;
        }

        if (entry is null) index.Add(entry = new(key));
        entry.Status = (HealthCheck.Types.Status)transition.Current;
        entry.Freshness = transition.Freshness;
        entry.Version = transition.Version;
    }

    /// <summary>A page of the instances that match, in the order of lists.</summary>
    /// <param name="service">Only this service; null: any.</param>
    /// <param name="status">Only with this status; UNKNOWN: any.</param>
    /// <param name="after">From after this instance; null: from the first.</param>
    /// <param name="offset">Matches to pass over.</param>
    /// <param name="limit">At most this many.</param>
    /// <param name="more">Whether there are more.</param>
    public IReadOnlyList<InstanceKey> Page(string? service, HealthCheck.Types.Status status, InstanceKey? after, long offset, int limit, out bool more)
    {
        var page = new List<InstanceKey>();
        more = false;
        foreach (var entry in index.After(after, service))
        {
            if (status != HealthCheck.Types.Status.Unknown && entry.Status != status) continue;
            if (offset-- > 0) continue;
            if (page.Count == limit)
            {
                more = true;
                break;
            }

            page.Add(entry.Key);
        }

        return page;
    }

    public HealthCheckSnapshot ToSnapshot()
    {
        var snapshot = new HealthCheckSnapshot();
        snapshot.Entries.AddRange(index.Entries.Select(e => new HealthCheckEntry
        {
            Service = e.Key.Service,
            Instance = e.Key.Instance,
            Status = (int)e.Status,
            Freshness = e.Freshness,
            Version = e.Version,
        }));
        return snapshot;
    }

    public static HealthCheckIndex From(HealthCheckSnapshot snapshot, Func<string, string>? intern = null)
    {
        var checks = new HealthCheckIndex(intern);
        foreach (var entry in snapshot.Entries)
        {
            checks.index.Add(new(new(checks.intern(entry.Service), checks.intern(entry.Instance)))
            {
                Status = (HealthCheck.Types.Status)entry.Status,
                Freshness = entry.Freshness,
                Version = entry.Version,
            });
        }

        return checks;
    }

    private sealed class Entry(InstanceKey key)
    {
        public InstanceKey Key { get; } = key;

        public HealthCheck.Types.Status Status { get; set; }

        public Freshness Freshness { get; set; }

        public long Version { get; set; }
    }
}
