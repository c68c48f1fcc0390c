using System.Globalization;
using Monitor.Protocol;

namespace Monitor.Rules.Reports;

/// <summary>
/// Scans one <see cref="Report"/>. Strict, it checks every field and stops at the first fault; otherwise it reads what decisions need. The three kinds are
/// in files of their own.
/// </summary>
internal ref partial struct ReportScan(ReadOnlySpan<byte> payload, Slice message, int index, bool strict)
{
    private readonly ReadOnlySpan<byte> payload = payload;
    private readonly Slice message = message;
    private readonly bool strict = strict;
    private ServiceScan service;
    private Fault fault;
    private long timestamp;
    private int millis;
    private int results;
    private int tags;
    private int endpoints;

    /// <summary>What was found.</summary>
    public ScannedReport Report = new() { Index = index, Bytes = message };

    /// <summary>Reads it. False: it is bad, see <see cref="Rejection"/>.</summary>
    public bool Run()
    {
        var reader = new WireReader(payload, message);
        while (reader.Next(out var field, out var type))
        {
            if (!Expect(field, type, reader: ref reader, out var known)) return false;
            if (!known) continue;
            switch (field)
            {
                case Protocol.Report.EpochFieldNumber: Report.Epoch = reader.Varint(); break;
                case Protocol.Report.SequenceFieldNumber: Report.Sequence = reader.Varint(); break;
                case Protocol.Report.MillisFieldNumber: millis = (int)reader.Varint(); break;
                default:
                    if (!Kind((ReportKind)field, reader.Bytes())) return false;
                    break;
            }
        }
        if (reader.Malformed) return Fail(Fault.Malformed("Report"));
        Report.TimestampMs = unchecked(timestamp * 1000 + millis);
        Report.Instance = service.Instance;
        Report.Service = service.Name;
        // A service of which only the version is given names no instance: the batch's applies, all of it.
        Report.Version = Report.Service.IsEmpty && Report.Instance.IsEmpty ? default : service.Version;
        return true;
    }

    /// <summary>Checks what only the whole report, and its batch, can tell.</summary>
    public bool Complete(long nowMs, ScannedBatch batch)
    {
        if (Report.Kind == ReportKind.None) return Fail(new("", "One of healthcheck, status and stats is required."));
        if (millis is < 0 or > ReportLimits.Millis) return Fail(new("millis", OutOfRange(millis, 0, ReportLimits.Millis, "")));
        if (Report.Kind == ReportKind.HealthCheck && Report.Check.IsEmpty) return FailInKind(new("id", "It is required: 1 to 256 bytes."));
        return Identified(batch) && Timed(nowMs) && Period("interval", Report.Interval) && Period("ttl", Report.Ttl);
    }

    /// <summary>Why it is bad.</summary>
    public readonly ReportOutcome Rejection() => new()
    {
        Index = (uint)Report.Index,
        Outcome = Outcome.Rejected,
        Field = fault.Path(string.Create(CultureInfo.InvariantCulture, $"reports[{Report.Index}]")),
        Message = fault.Message,
    };

    private bool Identified(ScannedBatch batch)
    {
        var own = !Report.Service.IsEmpty || !Report.Instance.IsEmpty;
        if ((own ? Report.Service : batch.Service).IsEmpty)
            return FailInKind(new("service.name", "It is required, in the report or in the batch: 1 to 256 bytes."));
        if ((own ? Report.Instance : batch.Instance).IsEmpty)
            return FailInKind(new("service.id", "It is required, as id or as the id of the first node, in the report or in the batch: 1 to 256 bytes."));
        return true;
    }

    private bool Timed(long nowMs)
    {
        if (timestamp < ReportLimits.EarliestTimestamp)
            return FailInKind(new("timestamp", $"{timestamp} is too early; the earliest is {ReportLimits.EarliestTimestamp} (2000-01-01), in Unix seconds."));
        var latestMs = nowMs + ReportLimits.FutureSeconds * 1000;
        if (timestamp > latestMs / 1000 || Report.TimestampMs > latestMs)
            return FailInKind(new("timestamp", $"{timestamp} is more than a day after receipt; the latest is {latestMs / 1000}, in Unix seconds."));
        return true;
    }

    private bool Period(string field, long seconds) =>
        seconds is >= 0 and <= ReportLimits.PeriodSeconds || FailInKind(new(field, OutOfRange(seconds, 0, ReportLimits.PeriodSeconds, " seconds (ten years)")));

    private bool Kind(ReportKind kind, Slice body)
    {
        if (kind != Report.Kind)
        {
            // The last of a oneof counts; only the same kind again is merged.
            Report = new() { Index = Report.Index, Bytes = message, Kind = kind, Epoch = Report.Epoch, Sequence = Report.Sequence };
            service = default;
            timestamp = 0;
            results = tags = endpoints = 0;
        }
        return kind switch
        {
            ReportKind.HealthCheck => HealthCheck(body),
            ReportKind.Status => Status(body),
            _ => Stats(body),
        } || FailInKind(fault);
    }

    private static WireType? TypeOf(int field) => field switch
    {
        Protocol.Report.HealthcheckFieldNumber or Protocol.Report.StatusFieldNumber or Protocol.Report.StatsFieldNumber => WireType.Bytes,
        Protocol.Report.EpochFieldNumber or Protocol.Report.SequenceFieldNumber or Protocol.Report.MillisFieldNumber => WireType.Varint,
        _ => null,
    };

    private bool Expect(int field, WireType type, scoped ref WireReader reader, out bool known)
    {
        var expected = TypeOf(field);
        known = expected == type;
        if (known) return true;
        if (expected is { } wanted && strict)
        {
            var name = field switch
            {
                Protocol.Report.HealthcheckFieldNumber => "healthcheck",
                Protocol.Report.StatusFieldNumber => "status",
                Protocol.Report.StatsFieldNumber => "stats",
                Protocol.Report.EpochFieldNumber => "epoch",
                Protocol.Report.SequenceFieldNumber => "sequence",
                _ => "millis",
            };
            return Fail(new(name, Fault.WrongType(type, wanted)));
        }
        reader.Skip(field, type);
        return true;
    }

    /// <summary>Whether the field is known and may be read; what is not is passed over, or a fault where its wire type is wrong.</summary>
    private bool Known(ref WireReader reader, FieldTable fields, int field, WireType type, out string? name)
    {
        (name, var expected) = fields[field];
        if (name is null || type == expected)
        {
            if (name is null) reader.Skip(field, type);
            return true;
        }
        if (strict) return Fail(new(name, Fault.WrongType(type, expected)));
        name = null;
        reader.Skip(field, type);
        return true;
    }

    private bool Own(Slice body) => service.Run(payload, body, strict) || Fail(service.Fault.Within("service"));

    private bool Text(Slice value, string field, int maxBytes = ReportLimits.TextBytes) => !strict || Texts.Check(payload, value, field, maxBytes, out fault);

    private bool Key(Slice value, string field) =>
        !strict || (value.IsEmpty ? Fail(new(field, "It is empty; 1 to 256 bytes are allowed.")) : Text(value, field, ReportLimits.KeyBytes));

    /// <summary>The bodies of messages of which nothing is needed but that they can be parsed.</summary>
    private bool Numbers(Slice body, string type, FieldTable fields)
    {
        var reader = new WireReader(payload, body);
        while (reader.Next(out var field, out var wire))
        {
            if (!Known(ref reader, fields, field, wire, out var name)) return false;
            if (name is null) continue;
            if (wire != WireType.Fixed64) reader.Skip(field, wire);
            else if (reader.Double() is var value && !double.IsFinite(value))
                return Fail(new(name, string.Create(CultureInfo.InvariantCulture, $"{value} is not allowed: it must be a finite number.")));
        }
        return !reader.Malformed || Fail(Fault.Malformed(type));
    }

    private bool Fail(Fault found)
    {
        fault = found;
        return false;
    }

    private bool FailInKind(Fault found) => Fail(found.Within(Report.Kind switch
    {
        ReportKind.HealthCheck => "healthcheck",
        ReportKind.Status => "status",
        _ => "stats",
    }));

    private static string OutOfRange(long value, long least, long most, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{value} is out of range: {least} to {most}{unit} are allowed.");

    private static string UnknownValue(int value, string allowed) =>
        string.Create(CultureInfo.InvariantCulture, $"{value} is no known value: {allowed} are allowed.");
}
