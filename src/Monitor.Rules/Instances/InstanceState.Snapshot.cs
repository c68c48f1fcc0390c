using Monitor.Protocol;
using Monitor.Rules.Keys;
using Monitor.Rules.Order;
using Monitor.Rules.Reports;

namespace Monitor.Rules.Instances;

public sealed partial class InstanceState
{
    public InstanceSnapshot ToSnapshot()
    {
        var snapshot = new InstanceSnapshot
        {
            Service = new() { Name = Key.Service, Id = Key.Instance, Version = ServiceVersion },
            Version = Version,
            Position = Position,
            LastReceivedMs = LastReceivedMs,
            Epoch = epoch,
            PreviousEpoch = previousEpoch,
            Counters = Counters(),
            SkewMs = skewMs,
        };
        if (seen is not null) snapshot.Seen.AddRange(seen.Bounds.ToArray());
        if (previousSeen is not null) snapshot.PreviousSeen.AddRange(previousSeen.Bounds.ToArray());
        if (recent is not null) snapshot.Recent.AddRange(recent.Hashes);
        snapshot.Irregular.AddRange(Irregular.ToMessages());
        if (status is not null) snapshot.Series.Add(status.ToSnapshot());
        if (stats is not null) snapshot.Series.Add(stats.ToSnapshot());
        foreach (var check in checks) snapshot.Series.Add(check.ToSnapshot());
        return snapshot;
    }

    public static InstanceState From(InstanceSnapshot snapshot, Func<string, string>? intern = null)
    {
        var state = new InstanceState(new InstanceKey(snapshot.Service.Name, snapshot.Service.Id), intern);
        state.ServiceVersion = state.intern(snapshot.Service.Version);
        state.Version = snapshot.Version;
        state.Position = snapshot.Position;
        state.LastReceivedMs = snapshot.LastReceivedMs;
        state.epoch = snapshot.Epoch;
        state.previousEpoch = snapshot.PreviousEpoch;
        state.accepted = (long)snapshot.Counters.Accepted;
        state.duplicate = (long)snapshot.Counters.Duplicate;
        state.late = (long)snapshot.Counters.Late;
        state.lost = (long)snapshot.Counters.Lost;
        state.skewMs = snapshot.SkewMs;
        if (snapshot.Seen.Count > 0) state.seen = SeenSequences.From(snapshot.Seen);
        if (snapshot.PreviousSeen.Count > 0) state.previousSeen = SeenSequences.From(snapshot.PreviousSeen);
        if (snapshot.Recent.Count > 0) state.recent = RecentContents.From(snapshot.Recent);
        state.Irregular = IrregularReports.From(snapshot.Irregular);
        foreach (var series in snapshot.Series.Select(s => Series.From(s, state.intern)))
        {
            switch (series.Kind)
            {
                case ReportKind.Status: state.status = series; break;
                case ReportKind.Stats: state.stats = series; break;
                default: state.checks.Add(series); break;
            }
        }

        return state;
    }

    private Counters Counters() => new()
    {
        Accepted = (ulong)accepted,
        Duplicate = (ulong)duplicate,
        Late = (ulong)late,
        Lost = (ulong)lost,
    };
}
