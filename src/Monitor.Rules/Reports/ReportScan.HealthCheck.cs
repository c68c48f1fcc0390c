using System.Globalization;
using System.Text;
using Monitor.Protocol;

namespace Monitor.Rules.Reports;

internal ref partial struct ReportScan
{
    private static readonly FieldTable HealthCheckFields = new(
        (Protocol.HealthCheck.IdFieldNumber, "id", WireType.Bytes),
        (Protocol.HealthCheck.DescriptionFieldNumber, "description", WireType.Bytes),
        (Protocol.HealthCheck.TimestampFieldNumber, "timestamp", WireType.Varint),
        (Protocol.HealthCheck.IntervalFieldNumber, "interval", WireType.Varint),
        (Protocol.HealthCheck.TtlFieldNumber, "ttl", WireType.Varint),
        (Protocol.HealthCheck.ServiceFieldNumber, "service", WireType.Bytes),
        (Protocol.HealthCheck.StatusFieldNumber, "status", WireType.Varint),
        (Protocol.HealthCheck.ResultsFieldNumber, "results", WireType.Bytes),
        (Protocol.HealthCheck.ErrorFieldNumber, "error", WireType.Bytes),
        (Protocol.HealthCheck.DurationFieldNumber, "duration", WireType.Varint),
        (Protocol.HealthCheck.TagsFieldNumber, "tags", WireType.Bytes),
        (Protocol.HealthCheck.DegradedFieldNumber, "degraded", WireType.Varint),
        (Protocol.HealthCheck.DerivedFieldNumber, DerivedField, WireType.Bytes));

    private static readonly FieldTable ResultFields = new((1, "key", WireType.Bytes), (2, "value", WireType.Bytes));

    private bool HealthCheck(Slice body)
    {
        var reader = new WireReader(payload, body);
        while (reader.Next(out var field, out var type))
        {
            if (!Known(ref reader, HealthCheckFields, field, type, out var name)) return false;
            if (name is null) continue;
            var good = true;
            switch (field)
            {
                case Protocol.HealthCheck.IdFieldNumber: good = Text(Report.Check = reader.Bytes(), "id", ReportLimits.KeyBytes); break;
                case Protocol.HealthCheck.TimestampFieldNumber: timestamp = (long)reader.Varint(); break;
                case Protocol.HealthCheck.IntervalFieldNumber: Report.Interval = (long)reader.Varint(); break;
                case Protocol.HealthCheck.TtlFieldNumber: Report.Ttl = (long)reader.Varint(); break;
                case Protocol.HealthCheck.ServiceFieldNumber: good = Own(reader.Bytes()); break;
                case Protocol.HealthCheck.StatusFieldNumber: Report.Status = (int)reader.Varint(); break;
                case Protocol.HealthCheck.DescriptionFieldNumber or Protocol.HealthCheck.ErrorFieldNumber: good = Text(reader.Bytes(), name); break;
                case Protocol.HealthCheck.ResultsFieldNumber: good = Result(reader.Bytes()); break;
                case Protocol.HealthCheck.TagsFieldNumber: good = Tag(reader.Bytes()); break;
                case Protocol.HealthCheck.DerivedFieldNumber: good = Derived(reader.Bytes()); break;
                case Protocol.HealthCheck.DurationFieldNumber: good = Duration((long)reader.Varint()); break;
                default: reader.Skip(field, type); break;
            }
            if (!good) return false;
        }
        if (reader.Malformed) return Fail(Fault.Malformed("HealthCheck"));
        return !strict || Report.Status is >= 0 and <= (int)Protocol.HealthCheck.Types.Status.Error
            || Fail(new("status", UnknownValue(Report.Status, "UNKNOWN (0), OK (1) and ERROR (2)")));
    }

    private bool Duration(long nanoseconds) =>
        !strict || nanoseconds >= 0 || Fail(new("duration", OutOfRange(nanoseconds, 0, long.MaxValue, " nanoseconds")));

    private bool Tag(Slice tag)
    {
        if (!strict) return true;
        if (tags == ReportLimits.Tags) return Fail(new("tags", $"There are more than {ReportLimits.Tags}."));
        if (!Key(tag, "")) return Fail(fault.Within(string.Create(CultureInfo.InvariantCulture, $"tags[{tags}]")));
        tags++;
        return true;
    }

    private bool Result(Slice entry)
    {
        if (!strict) return true;
        if (results++ == ReportLimits.Results) return Fail(new("results", $"There are more than {ReportLimits.Results}."));
        var key = default(Slice);
        var value = default(Slice);
        var reader = new WireReader(payload, entry);
        while (reader.Next(out var field, out var type))
        {
            if (!Known(ref reader, ResultFields, field, type, out var name)) return Fail(fault.Within("results"));
            if (name is null) continue;
            if (field == 1) key = reader.Bytes();
            else value = reader.Bytes();
            if (reader.Malformed) break;
            if (field == 1 ? !Text(key, "", ReportLimits.KeyBytes) : !Text(value, "", int.MaxValue))
                return Fail(new("results", (field == 1 ? "A key: " : "A value: ") + fault.Message));
        }
        if (reader.Malformed) return Fail(Fault.Malformed("ResultsEntry").Within("results"));
        if (key.IsEmpty) return Fail(new("results", "A key is empty; 1 to 256 bytes are allowed."));
        return Text(value, "") || Fail(fault.Within($"results[\"{Encoding.UTF8.GetString(key.Of(payload))}\"]"));
    }
}
