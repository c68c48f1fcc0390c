using System.Globalization;
using Monitor.Protocol;

namespace Monitor.Rules.Reports;

internal ref partial struct ReportScan
{
    private static readonly FieldTable StatsFields = new(
        (Protocol.Stats.ServiceFieldNumber, "service", WireType.Bytes),
        (Protocol.Stats.TimestampFieldNumber, "timestamp", WireType.Varint),
        (Protocol.Stats.IntervalFieldNumber, "interval", WireType.Varint),
        (Protocol.Stats.TtlFieldNumber, "ttl", WireType.Varint),
        (Protocol.Stats.CpuFieldNumber, "cpu", WireType.Bytes),
        (Protocol.Stats.MemoryFieldNumber, "memory", WireType.Bytes),
        (Protocol.Stats.DiskFieldNumber, "disk", WireType.Bytes),
        (Protocol.Stats.RuntimeFieldNumber, "runtime", WireType.Bytes),
        (Protocol.Stats.EndpointsFieldNumber, "endpoints", WireType.Bytes),
        (Protocol.Stats.DerivedFieldNumber, DerivedField, WireType.Bytes));

    private static readonly FieldTable CpuFields = new(
        (CPU.UserTimeFieldNumber, "user_time", WireType.Varint),
        (CPU.SystemTimeFieldNumber, "system_time", WireType.Varint),
        (CPU.VolCtxSwitchFieldNumber, "vol_ctx_switch", WireType.Varint),
        (CPU.InvCtxSwitchFieldNumber, "inv_ctx_switch", WireType.Varint));

    private static readonly FieldTable MemoryFields = new((Memory.MaxRssFieldNumber, "max_rss", WireType.Varint));

    private static readonly FieldTable DiskFields = new(
        (Disk.InBlockFieldNumber, "in_block", WireType.Varint), (Disk.OuBlockFieldNumber, "ou_block", WireType.Varint));

    private static readonly FieldTable RuntimeFields = new(
        (Runtime.NumThreadsFieldNumber, "num_threads", WireType.Varint),
        (Runtime.HeapTotalFieldNumber, "heap_total", WireType.Varint),
        (Runtime.HeapInUseFieldNumber, "heap_in_use", WireType.Varint));

    private static readonly FieldTable EndpointFields = new(
        (Protocol.Endpoint.ServiceFieldNumber, "service", WireType.Bytes),
        (Protocol.Endpoint.MethodFieldNumber, "method", WireType.Bytes),
        (Protocol.Endpoint.ErrorsFieldNumber, "errors", WireType.Bytes),
        (Protocol.Endpoint.SuccessFieldNumber, "success", WireType.Bytes),
        (Protocol.Endpoint.DroppedFieldNumber, "dropped", WireType.Bytes));

    private static readonly FieldTable MetricsFields = new(
        (Metrics.CountFieldNumber, "count", WireType.Varint),
        (Metrics.MeanFieldNumber, "mean", WireType.Fixed64),
        (Metrics.StdDevFieldNumber, "std_dev", WireType.Fixed64),
        (Metrics.Upper95FieldNumber, "upper95", WireType.Fixed64));

    private bool Stats(Slice body)
    {
        var reader = new WireReader(payload, body);
        while (reader.Next(out var field, out var type))
        {
            if (!Known(ref reader, StatsFields, field, type, out var name)) return false;
            if (name is null) continue;
            var good = true;
            switch (field)
            {
                case Protocol.Stats.ServiceFieldNumber: good = Own(reader.Bytes()); break;
                case Protocol.Stats.TimestampFieldNumber: timestamp = (long)reader.Varint(); break;
                case Protocol.Stats.IntervalFieldNumber: Report.Interval = (long)reader.Varint(); break;
                case Protocol.Stats.TtlFieldNumber: Report.Ttl = (long)reader.Varint(); break;
                case Protocol.Stats.CpuFieldNumber: good = Group(reader.Bytes(), "CPU", name, CpuFields); break;
                case Protocol.Stats.MemoryFieldNumber: good = Group(reader.Bytes(), "Memory", name, MemoryFields); break;
                case Protocol.Stats.DiskFieldNumber: good = Group(reader.Bytes(), "Disk", name, DiskFields); break;
                case Protocol.Stats.RuntimeFieldNumber: good = Group(reader.Bytes(), "Runtime", name, RuntimeFields); break;
                case Protocol.Stats.EndpointsFieldNumber: good = Endpoint(reader.Bytes()); break;
                default: good = Derived(reader.Bytes()); break;
            }
            if (!good) return false;
        }
        return !reader.Malformed || Fail(Fault.Malformed("Stats"));
    }

    private bool Group(Slice body, string type, string field, FieldTable fields) => !strict || Numbers(body, type, fields) || Fail(fault.Within(field));

    private bool Endpoint(Slice body)
    {
        if (!strict) return true;
        if (endpoints == ReportLimits.Endpoints) return Fail(new("endpoints", $"There are more than {ReportLimits.Endpoints}."));
        if (!EndpointFieldsOf(body)) return Fail(fault.Within(string.Create(CultureInfo.InvariantCulture, $"endpoints[{endpoints}]")));
        endpoints++;
        return true;
    }

    private bool EndpointFieldsOf(Slice body)
    {
        var reader = new WireReader(payload, body);
        while (reader.Next(out var field, out var type))
        {
            if (!Known(ref reader, EndpointFields, field, type, out var name)) return false;
            if (name is null) continue;
            var value = reader.Bytes();
            if (reader.Malformed) break;
            var good = field <= Protocol.Endpoint.MethodFieldNumber
                ? Text(value, name, ReportLimits.EndpointNameBytes)
                : Numbers(value, "Metrics", MetricsFields) || Fail(fault.Within(name));
            if (!good) return false;
        }
        return !reader.Malformed || Fail(Fault.Malformed("Endpoint"));
    }
}
