using System.Text;
using Monitor.Protocol;
using Monitor.Rules.Keys;
using Monitor.Rules.Order;
using Monitor.Rules.Reports;
using Monitor.Rules.Staleness;

namespace Monitor.Rules.Instances;

/// <summary>
/// What is known of one service instance, as a function of its records in the journal, in order, and of the time. Not thread-safe.
/// <para>Its parts: this one applies records; <c>.Deadlines</c> notices silence; <c>.Views</c> answers; <c>.Snapshot</c> saves and restores.</para>
/// </summary>
public sealed partial class InstanceState(InstanceKey key, Func<string, string>? intern = null)
{
    private readonly Func<string, string> intern = intern ?? (s => s);
    private readonly List<Series> checks = []; // by ascending id
    private Series? status;
    private Series? stats;
    private ulong epoch;
    private ulong previousEpoch;
    private SeenSequences? seen;
    private SeenSequences? previousSeen;
    private RecentContents? recent;
    private long accepted, duplicate, late, lost;
    private long skewMs = long.MaxValue;

    public InstanceKey Key { get; } = key;

    /// <summary>Version of the service, as last reported.</summary>
    public string ServiceVersion { get; private set; } = "";

    /// <summary>Every record of the instance up to this sequence is in the state.</summary>
    public long Position { get; private set; }

    /// <summary>Transitions so far.</summary>
    public long Version { get; private set; }

    /// <summary>Latest arrival, Unix milliseconds.</summary>
    public long LastReceivedMs { get; private set; }

    /// <summary>Transitions that the caller has yet to make durable; it clears them.</summary>
    public List<Event> Events { get; } = [];

    /// <summary>Reports in the journal that history leaves out or marks.</summary>
    public IrregularReports Irregular { get; private set; } = new();

    /// <summary>Applies a record of the journal; one at or below <see cref="Position"/> is passed over.</summary>
    /// <param name="payload">A PublishRequest of this instance; kept, not copied.</param>
    /// <param name="position">Its sequence.</param>
    /// <param name="receivedAtMs">When it was received.</param>
    /// <param name="blind">Times that do not count as silence.</param>
    /// <param name="scratch">For scanning; the caller's to reuse.</param>
    public void Apply(byte[] payload, long position, long receivedAtMs, BlindWindows blind, ScannedBatch scratch)
    {
        if (position <= Position) return;

        // A deadline that passed before this record came is a transition of its own, whenever we find out.
        Evaluate(receivedAtMs, receivedAtMs, blind);

        BatchScanner.Read(payload, scratch);
        LastReceivedMs = receivedAtMs;
        var hint = 0;
        var irregular = 0;
        foreach (ref readonly var report in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(scratch.Reports))
        {
            var outcome = Apply(payload, report, position, receivedAtMs, scratch.Version, blind, ref hint);
            if (outcome == Outcome.Accepted) accepted++;
            else if (outcome == Outcome.Duplicate) duplicate++;
            else late++;
            if (outcome == Outcome.Accepted) continue;
            Irregular.Add(position, report.Index, outcome);
            irregular++;
        }

        // What a batch says was lost counts once too: a batch that is all duplicates has said it before.
        if (!scratch.Reports.Exists(r => Irregular.Of(position, r.Index) == Outcome.Duplicate)) lost += (long)scratch.Lost;
        if (irregular > 1 && irregular == scratch.Reports.Count) Irregular.MergeLast(position, irregular);
        Position = position;
    }

    private Outcome Apply(byte[] payload, in ScannedReport report, long position, long receivedAtMs, Slice batchVersion, BlindWindows blind, ref int hint)
    {
        if (report.Epoch > epoch) BeginIncarnation(report.Epoch, report.TimestampMs, receivedAtMs);
        if (!IsFirstSight(payload, report)) return Outcome.Duplicate;

        // A process that a newer one has replaced may still be talking.
        if (report.Epoch != 0 && report.Epoch < epoch) return Outcome.LateReport;

        skewMs = Math.Min(skewMs == long.MaxValue ? skewMs : skewMs + (Math.Abs(skewMs) >> 10) + 1, receivedAtMs - report.TimestampMs);
        var series = Find(payload, report, ref hint);
        var first = series.Told == Freshness.Unspecified;
        if (!first && series.Order.IsNewerThan(new(report.Epoch, report.Sequence, report.TimestampMs)) && !series.Placeholder) return Outcome.LateReport;

        NoteVersion(payload, report.Version.IsEmpty ? batchVersion : report.Version, report.TimestampMs, receivedAtMs);
        if (report.Kind != ReportKind.Status) ImplyStatus(report, position, receivedAtMs, blind);
        var previous = series.Status;
        var told = series.Told;
        series.Take(payload, report, position, receivedAtMs);
        Tell(series, told, previous, receivedAtMs);
        NoteDeadline(series, blind);
        return Outcome.Accepted;
    }

    /// <summary>The transition, if any, that a newer report makes.</summary>
    private void Tell(Series series, Freshness told, int previous, long receivedAtMs)
    {
        // A report that is itself too old to end the silence leaves it as it is: queued while the reporter was cut off.
        var stillUnknown = told == Freshness.Unknown && series.Deadlines(BlindWindows.None).At(receivedAtMs) >= Freshness.Unknown;
        series.Told = stillUnknown ? Freshness.Unknown : Freshness.Fresh;
        var kind = told is Freshness.Unspecified or Freshness.Expired ? Event.Types.Kind.Appeared
            : series.Status != previous ? Event.Types.Kind.StatusChanged
            : told == Freshness.Unknown && !stillUnknown ? Event.Types.Kind.Recovered
            : Event.Types.Kind.Unspecified;
        if (kind == Event.Types.Kind.Unspecified) return;
        series.SinceMs = series.Order.TimestampMs;
        if (series.Kind == ReportKind.Stats) return;
        Emit(kind, series, kind == Event.Types.Kind.Appeared ? 0 : previous, series.Order.TimestampMs, receivedAtMs);
    }

    private void BeginIncarnation(ulong newEpoch, long atMs, long receivedAtMs)
    {
        var takesOver = epoch != 0;
        (previousEpoch, previousSeen) = (epoch, seen);
        (epoch, seen) = (newEpoch, new());
        if (takesOver && status is not null) Emit(Event.Types.Kind.Incarnation, status, status.Status, atMs, receivedAtMs);
    }

    /// <summary>Whether the report was not seen before: by its sequence, or by its bytes where it has none.</summary>
    private bool IsFirstSight(byte[] payload, in ScannedReport report)
    {
        if (report.Sequence == 0) return (recent ??= new()).Add(report.Bytes.Of(payload));
        var known = report.Epoch == epoch ? seen ??= new() : report.Epoch == previousEpoch ? previousSeen ??= new() : null;
        return known?.Add(report.Sequence) ?? (recent ??= new()).Add(report.Bytes.Of(payload));
    }

    private Series Find(byte[] payload, in ScannedReport report, ref int hint)
    {
        if (report.Kind == ReportKind.Status) return status ??= new(ReportKind.Status, "");
        if (report.Kind == ReportKind.Stats) return stats ??= new(ReportKind.Stats, "");

        // Reporters send their checks in the same order each time: the one after the last found is mostly the one.
        var id = report.Check.Of(payload);
        for (var i = 0; i < checks.Count; i++)
        {
            var at = hint + i < checks.Count ? hint + i : hint + i - checks.Count;
            if (!checks[at].IsOf(id)) continue;
            hint = at + 1 < checks.Count ? at + 1 : 0;
            return checks[at];
        }

        var added = new Series(ReportKind.HealthCheck, intern(Encoding.UTF8.GetString(id)));
        var place = checks.FindIndex(c => string.CompareOrdinal(c.Check, added.Check) > 0);
        checks.Insert(place < 0 ? checks.Count : place, added);
        return added;
    }

    /// <summary>An instance that reports, but never its status, has the status UNKNOWN with the interval and ttl of what it reports.</summary>
    private void ImplyStatus(in ScannedReport report, long position, long receivedAtMs, BlindWindows blind)
    {
        if (status is { Placeholder: false }) return;
        status ??= new(ReportKind.Status, "");
        var told = status.Told;
        status.Imply(report, position, receivedAtMs);
        Tell(status, told, 0, receivedAtMs);
        NoteDeadline(status, blind);
    }

    private void NoteVersion(byte[] payload, Slice version, long atMs, long receivedAtMs)
    {
        var utf8 = version.Of(payload);
        if (utf8.IsEmpty || Ascii.Equals(utf8, ServiceVersion)) return;
        var text = intern(Encoding.UTF8.GetString(utf8));
        if (text == ServiceVersion) return;
        ServiceVersion = text;
        if (status is { Told: not Freshness.Unspecified }) Emit(Event.Types.Kind.VersionChanged, status, status.Status, atMs, receivedAtMs);
    }

    private void Emit(Event.Types.Kind kind, Series series, int previous, long atMs, long detectedAtMs, string causedBy = "") => Events.Add(new Event
    {
        Kind = kind,
        Service = new() { Name = Key.Service, Id = Key.Instance, Version = ServiceVersion },
        Check = series.Check,
        Version = ++Version,
        Previous = previous,
        Current = series.Status,
        Freshness = series.Told,
        AtMs = atMs,
        DetectedAtMs = detectedAtMs,
        CausedBy = causedBy,
        Epoch = epoch,
        LastReportMs = series.Order.TimestampMs,
    });
}
