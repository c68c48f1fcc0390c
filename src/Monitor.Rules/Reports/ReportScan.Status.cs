using Monitor.Protocol;

namespace Monitor.Rules.Reports;

internal ref partial struct ReportScan
{
    private const string DerivedField = "derived";

    private static readonly FieldTable StatusFields = new(
        (Protocol.Status.ServiceFieldNumber, "service", WireType.Bytes),
        (Protocol.Status.Status_FieldNumber, "status", WireType.Varint),
        (Protocol.Status.InfoFieldNumber, "info", WireType.Bytes),
        (Protocol.Status.TimestampFieldNumber, "timestamp", WireType.Varint),
        (Protocol.Status.IntervalFieldNumber, "interval", WireType.Varint),
        (Protocol.Status.TtlFieldNumber, "ttl", WireType.Varint),
        (Protocol.Status.DerivedFieldNumber, DerivedField, WireType.Bytes));

    private static readonly FieldTable DerivedFields = new(
        (Protocol.Derived.CausedByFieldNumber, "caused_by", WireType.Bytes),
        (Protocol.Derived.CountersFieldNumber, "counters", WireType.Bytes));

    private static readonly FieldTable NoFields = new((0, "", default));

    private bool Status(Slice body)
    {
        var reader = new WireReader(payload, body);
        while (reader.Next(out var field, out var type))
        {
            if (!Known(ref reader, StatusFields, field, type, out var name)) return false;
            if (name is null) continue;
            var good = true;
            switch (field)
            {
                case Protocol.Status.ServiceFieldNumber: good = Own(reader.Bytes()); break;
                case Protocol.Status.Status_FieldNumber: Report.Status = (int)reader.Varint(); break;
                case Protocol.Status.InfoFieldNumber: good = Text(reader.Bytes(), name); break;
                case Protocol.Status.TimestampFieldNumber: timestamp = (long)reader.Varint(); break;
                case Protocol.Status.IntervalFieldNumber: Report.Interval = (long)reader.Varint(); break;
                case Protocol.Status.TtlFieldNumber: Report.Ttl = (long)reader.Varint(); break;
                default: good = Derived(reader.Bytes()); break;
            }
            if (!good) return false;
        }
        if (reader.Malformed) return Fail(Fault.Malformed("Status"));
        return !strict || Report.Status is >= 0 and <= (int)Protocol.Status.Types.Status.Stopped
            || Fail(new("status", UnknownValue(Report.Status, "UNKNOWN (0), STARTED (1), RUNNING (2) and STOPPED (3)")));
    }

    /// <summary>It is ignored, but whoever parses the report must be able to.</summary>
    private bool Derived(Slice body)
    {
        if (!strict) return true;
        var reader = new WireReader(payload, body);
        while (reader.Next(out var field, out var type))
        {
            if (!Known(ref reader, DerivedFields, field, type, out var name)) return Fail(fault.Within(DerivedField));
            if (name is null) continue;
            var value = reader.Bytes();
            if (reader.Malformed) break;
            if (!(field == Protocol.Derived.CausedByFieldNumber ? Text(value, name) : Numbers(value, "Counters", NoFields))) return Fail(fault.Within(DerivedField));
        }
        return !reader.Malformed || Fail(Fault.Malformed("Derived").Within(DerivedField));
    }
}
