using Monitor.Protocol;

namespace Monitor.Rules.Reports;

/// <summary>
/// Reads batches (<see cref="PublishRequest"/>) in their wire form, without building objects, as protobuf's parser would: fields in any order, the last
/// occurrence of a scalar counts, a message given twice is merged, unknown fields are passed over. Neither method throws, whatever the bytes.
/// </summary>
public static class BatchScanner
{
    private const string ServiceField = "service";

    /// <summary>
    /// Reads a payload of the journal, which was validated before it was appended. What is malformed all the same is passed over.
    /// </summary>
    public static void Read(ReadOnlySpan<byte> payload, ScannedBatch into)
    {
        into.Clear();
        ReadHeader(payload, into);
        var reader = new WireReader(payload);
        var index = 0;
        while (reader.Next(out var field, out var type))
        {
            if (field != PublishRequest.ReportsFieldNumber || type != WireType.Bytes)
            {
                reader.Skip(field, type);
                continue;
            }
            var scan = new ReportScan(payload, reader.Bytes(), index++, strict: false);
            if (!scan.Run() || scan.Report.Kind == ReportKind.None) continue;
            if (scan.Report.Epoch == 0) scan.Report.Epoch = into.Epoch;
            into.Reports.Add(scan.Report);
        }
    }

    /// <summary>
    /// Reads a batch as a reporter sent it, and checks it. A bad report goes to <see cref="ScannedBatch.Rejected"/>, the others to
    /// <see cref="ScannedBatch.Reports"/>; each of these has a service name and an instance id, its own or the batch's.
    /// </summary>
    /// <param name="payload">The message.</param>
    /// <param name="nowMs">The time of receipt, Unix milliseconds.</param>
    /// <param name="into">What was found.</param>
    /// <returns>Null, or why the batch cannot be taken as a whole: nothing in <paramref name="into"/> counts then.</returns>
    public static ReportOutcome? Validate(ReadOnlySpan<byte> payload, long nowMs, ScannedBatch into)
    {
        into.Clear();
        if (payload.Length > ReportLimits.BatchBytes) return Refuse("", $"The batch has {payload.Length} bytes; at most {ReportLimits.BatchBytes} are allowed.");
        if (ValidateHeader(payload, into) is { } refusal) return refusal;

        var reader = new WireReader(payload);
        var index = 0;
        while (reader.Next(out var field, out var type))
        {
            if (field != PublishRequest.ReportsFieldNumber)
            {
                reader.Skip(field, type);
                continue;
            }
            var scan = new ReportScan(payload, reader.Bytes(), index, strict: true);
            if (scan.Run() && scan.Complete(nowMs, into))
            {
                if (scan.Report.Epoch == 0) scan.Report.Epoch = into.Epoch;
                into.Reports.Add(scan.Report);
            }
            else
            {
                into.Rejected.Add(scan.Rejection());
            }
            index++;
        }
        return null;
    }

    private static void ReadHeader(ReadOnlySpan<byte> payload, ScannedBatch into)
    {
        var service = new ServiceScan();
        var reader = new WireReader(payload);
        while (reader.Next(out var field, out var type))
        {
            switch (field, type)
            {
                case (PublishRequest.IdFieldNumber, WireType.Varint): into.Id = reader.Varint(); break;
                case (PublishRequest.ServiceFieldNumber, WireType.Bytes): service.Run(payload, reader.Bytes(), strict: false); break;
                case (PublishRequest.EpochFieldNumber, WireType.Varint): into.Epoch = reader.Varint(); break;
                case (PublishRequest.LostFieldNumber, WireType.Varint): into.Lost = reader.Varint(); break;
                case (PublishRequest.AcknowledgeFieldNumber, WireType.Varint): into.Acknowledge = (Acknowledge)(int)reader.Varint(); break;
                default: reader.Skip(field, type); break;
            }
        }
        SetService(into, service);
    }

    private static ReportOutcome? ValidateHeader(ReadOnlySpan<byte> payload, ScannedBatch into)
    {
        var reports = 0;
        var reader = new WireReader(payload);
        while (reader.Next(out var field, out var type))
        {
            var (name, expected) = field switch
            {
                PublishRequest.IdFieldNumber => ("id", WireType.Varint),
                PublishRequest.ServiceFieldNumber => (ServiceField, WireType.Bytes),
                PublishRequest.ReportsFieldNumber => ("reports", WireType.Bytes),
                PublishRequest.EpochFieldNumber => ("epoch", WireType.Varint),
                PublishRequest.LostFieldNumber => ("lost", WireType.Varint),
                PublishRequest.AcknowledgeFieldNumber => ("acknowledge", WireType.Varint),
                _ => ("", type),
            };
            if (type != expected) return Refuse(name, Fault.WrongType(type, expected));
            if (field == PublishRequest.ReportsFieldNumber) reports++;
            reader.Skip(field, type);
        }
        if (reader.Malformed) return Refuse("", "The batch is malformed: it is no protobuf message of type PublishRequest.");
        if (reports > ReportLimits.BatchReports) return Refuse("reports", $"The batch has {reports} reports; at most {ReportLimits.BatchReports} are allowed.");

        ReadHeader(payload, into);
        if (ValidateService(payload) is { } refusal) return refusal;
        if (into.Acknowledge is not (Acknowledge.Durable or Acknowledge.Applied))
            return Refuse("acknowledge", $"{(int)into.Acknowledge} is no value of Acknowledge: DURABLE (0) or APPLIED (1).");
        if (into.Lost > 0 && (into.Service.IsEmpty || into.Instance.IsEmpty))
            return Refuse("lost", "The lost reports are those of the batch's service, so that its name and id are required.");
        return null;
    }

    private static ReportOutcome? ValidateService(ReadOnlySpan<byte> payload)
    {
        var service = new ServiceScan();
        var reader = new WireReader(payload);
        while (reader.Next(out var field, out var type))
        {
            if (field != PublishRequest.ServiceFieldNumber) reader.Skip(field, type);
            else if (!service.Run(payload, reader.Bytes(), strict: true)) return Refuse(service.Fault.Path(ServiceField), service.Fault.Message);
        }
        return null;
    }

    private static void SetService(ScannedBatch into, in ServiceScan service)
    {
        into.Service = service.Name;
        into.Instance = service.Instance;
        into.Version = service.Version;
    }

    private static ReportOutcome Refuse(string field, string message) => new() { Outcome = Outcome.Rejected, Field = field, Message = message };
}
