using Monitor.Protocol;
using Monitor.Rules.Keys;

namespace Monitor.Rules.Services;

/// <summary>The instances of one service, by version: a function of its events, in order. Not thread-safe.</summary>
public sealed class ServiceInstances(Func<string, string>? intern = null)
{
    private readonly Func<string, string> intern = intern ?? (s => s);
    private readonly OrderedIndex<Entry> index = new(e => new("", e.Instance));
    private IReadOnlyList<VersionSummary>? summaries;

    public int Count => index.Count;

    public void Apply(Event transition)
    {
        summaries = null;
        var key = new InstanceKey("", intern(transition.Service.Id));
        var entry = index.Find(key);
        if (entry is not null && entry.EventVersion >= transition.Version) return;
        if (transition.Kind is Event.Types.Kind.Expired or Event.Types.Kind.Forgotten)
        {
            index.Remove(key);
            return;
        }

        if (entry is null) index.Add(entry = new(key.Instance));
        entry.Version = intern(transition.Service.Version);
        entry.Status = (Status.Types.Status)transition.Current;
        entry.Freshness = transition.Freshness;
        entry.EventVersion = transition.Version;
    }

    /// <summary>Each version that has unexpired instances, by ordinal order of the version.</summary>
    public IReadOnlyList<VersionSummary> Versions() => summaries ??= Summarise();

    private List<VersionSummary> Summarise()
    {
        var versions = new SortedDictionary<string, List<Entry>>(StringComparer.Ordinal);
        foreach (var entry in index.After(null, null))
        {
            if (!versions.TryGetValue(entry.Version, out var instances)) versions.Add(entry.Version, instances = []);
            instances.Add(entry);
        }

        return [.. versions.Select(v =>
        {
            var worst = v.Value.MinBy(Rank)!;
            return new VersionSummary(v.Key, [.. v.Value.Select(e => e.Instance)], worst.Effective, worst.Instance);
        })];
    }

    /// <summary>UNKNOWN is the worst, then STARTED, RUNNING; STOPPED tells only where all have.</summary>
    private static int Rank(Entry entry) => entry.Effective switch
    {
        Status.Types.Status.Unknown => 0,
        Status.Types.Status.Started => 1,
        Status.Types.Status.Running => 2,
        _ => 3,
    };

    public ServiceSnapshot ToSnapshot()
    {
        var snapshot = new ServiceSnapshot();
        snapshot.Instances.AddRange(index.Entries.Select(e => new ServiceEntry
        {
            Instance = e.Instance,
            Version = e.Version,
            Status = (int)e.Status,
            Freshness = e.Freshness,
            EventVersion = e.EventVersion,
        }));
        return snapshot;
    }

    public static ServiceInstances From(ServiceSnapshot snapshot, Func<string, string>? intern = null)
    {
        var instances = new ServiceInstances(intern);
        foreach (var entry in snapshot.Instances)
        {
            instances.index.Add(new(instances.intern(entry.Instance))
            {
                Version = instances.intern(entry.Version),
                Status = (Status.Types.Status)entry.Status,
                Freshness = entry.Freshness,
                EventVersion = entry.EventVersion,
            });
        }

        return instances;
    }

    private sealed class Entry(string instance)
    {
        public string Instance { get; } = instance;

        public string Version { get; set; } = "";

        public Status.Types.Status Status { get; set; }

        public Freshness Freshness { get; set; }

        public long EventVersion { get; set; }

        /// <summary>What is known now: a status that is overdue says nothing.</summary>
        public Status.Types.Status Effective =>
            Freshness == Freshness.Unknown && Status != Protocol.Status.Types.Status.Stopped ? Protocol.Status.Types.Status.Unknown : Status;
    }
}

/// <param name="Version">May be empty.</param>
/// <param name="Instances">Instance ids, in ordinal order.</param>
/// <param name="Worst">The worst status among them.</param>
/// <param name="WorstInstance">The first that has it.</param>
public sealed record VersionSummary(string Version, IReadOnlyList<string> Instances, Status.Types.Status Worst, string WorstInstance);
