using System.Text;
using Monitor.Protocol;
using Monitor.Rules.Order;
using Monitor.Rules.Reports;
using Monitor.Rules.Staleness;

namespace Monitor.Rules.Instances;

/// <summary>
/// The latest report of one kind from one instance: of a healthcheck, the status, or the stats. It keeps the report's bytes, as part of the record they came in.
/// </summary>
internal sealed class Series(ReportKind kind, string check)
{
    private byte[]? record;
    private Slice bytes;
    private int intervalS;
    private int ttlS;

    public ReportKind Kind { get; } = kind;

    /// <summary>Healthcheck id; empty for the others.</summary>
    public string Check { get; } = check;

    /// <summary>Place of the latest among its kind.</summary>
    public ReportOrder Order { get; private set; }

    public int Status { get; private set; }

    public long ReceivedAtMs { get; private set; }

    public long Position { get; private set; }

    /// <summary>When the present status was first reported, Unix milliseconds.</summary>
    public long SinceMs { get; set; }

    /// <summary>What the last event said of it.</summary>
    public Freshness Told { get; set; } = Freshness.Unspecified;

    /// <summary>A status that was never reported: implied by what else the instance reports.</summary>
    public bool Placeholder { get; private set; }

    public bool IsLive => Told != Freshness.Expired;

    public bool IsStopped => Kind == ReportKind.Status && Status == (int)Protocol.Status.Types.Status.Stopped && !Placeholder;

    /// <summary>The Report message; empty for a placeholder.</summary>
    public ReadOnlySpan<byte> Report => record is null ? default : bytes.Of(record);

    /// <summary>Takes a newer report over.</summary>
    public void Take(byte[] payload, in ScannedReport report, long position, long receivedAtMs)
    {
        record = payload;
        bytes = report.Bytes;
        Status = report.Status;
        Placeholder = false;
        Note(report, position, receivedAtMs);
    }

    /// <summary>Lets a report of another kind stand in for a status that was never reported.</summary>
    public void Imply(in ScannedReport report, long position, long receivedAtMs)
    {
        Placeholder = true;
        Note(report, position, receivedAtMs);
    }

    public Deadlines Deadlines(BlindWindows blind) => Staleness.Deadlines.Of(Order.TimestampMs, ReceivedAtMs, intervalS, ttlS, IsStopped, blind);

    /// <summary>Whether the id is this one's, without making a string of it.</summary>
    public bool IsOf(ReadOnlySpan<byte> checkUtf8) =>
        Ascii.Equals(checkUtf8, Check) || (!Ascii.IsValid(checkUtf8) && Encoding.UTF8.GetString(checkUtf8) == Check);

    public SeriesSnapshot ToSnapshot() => new()
    {
        Kind = (int)Kind,
        Check = Check,
        Report = Google.Protobuf.ByteString.CopyFrom(Report),
        ReceivedAtMs = ReceivedAtMs,
        Position = Position,
        SinceMs = SinceMs,
        Told = Told,
        Placeholder = Placeholder,
        Header = new ReportHeader
        {
            Epoch = Order.Epoch,
            Sequence = Order.Sequence,
            TimestampMs = Order.TimestampMs,
            Interval = intervalS,
            Ttl = ttlS,
            Status = Status,
        },
    };

    public static Series From(SeriesSnapshot snapshot, Func<string, string> intern)
    {
        var report = snapshot.Report.ToByteArray();
        return new Series((ReportKind)snapshot.Kind, intern(snapshot.Check))
        {
            record = report.Length == 0 ? null : report,
            bytes = new Slice(0, report.Length),
            Order = new(snapshot.Header.Epoch, snapshot.Header.Sequence, snapshot.Header.TimestampMs),
            Status = snapshot.Header.Status,
            intervalS = (int)snapshot.Header.Interval,
            ttlS = (int)snapshot.Header.Ttl,
            ReceivedAtMs = snapshot.ReceivedAtMs,
            Position = snapshot.Position,
            SinceMs = snapshot.SinceMs,
            Told = snapshot.Told,
            Placeholder = snapshot.Placeholder,
        };
    }

    private void Note(in ScannedReport report, long position, long receivedAtMs)
    {
        Order = new(report.Epoch, report.Sequence, report.TimestampMs);
        intervalS = (int)Math.Min(report.Interval, int.MaxValue);
        ttlS = (int)Math.Min(report.Ttl, int.MaxValue);
        ReceivedAtMs = receivedAtMs;
        Position = position;
    }
}
