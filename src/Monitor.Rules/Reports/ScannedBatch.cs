using Monitor.Protocol;

namespace Monitor.Rules.Reports;

/// <summary>The kinds of report, by their field in <see cref="Report"/>. Values are stored: append only.</summary>
public enum ReportKind : byte
{
    None = 0,
    HealthCheck = 1,
    Status = 2,
    Stats = 3,
}

/// <summary>A part of a payload.</summary>
public readonly record struct Slice(int Offset, int Length)
{
    public bool IsEmpty => Length == 0;

    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> payload) => payload.Slice(Offset, Length);
}

/// <summary>What decisions need of one report, and where its bytes are in the payload.</summary>
public record struct ScannedReport
{
    /// <summary>Its index in the batch.</summary>
    public int Index { get; set; }

    /// <summary>The <see cref="Report"/> message, without tag and length.</summary>
    public Slice Bytes { get; set; }

    /// <summary>The instance it names itself, in its own Service message; all empty where the batch's applies.</summary>
    public Slice Service { get; set; }

    /// <inheritdoc cref="Service"/>
    public Slice Instance { get; set; }

    /// <inheritdoc cref="Service"/>
    public Slice Version { get; set; }

    /// <summary>Healthcheck id; empty for the other kinds.</summary>
    public Slice Check { get; set; }

    public ReportKind Kind { get; set; }

    /// <summary>As reported: <see cref="HealthCheck.Types.Status"/> or <see cref="Protocol.Status.Types.Status"/>; 0 for stats.</summary>
    public int Status { get; set; }

    /// <summary>Unix milliseconds: timestamp × 1,000 and the report's millis.</summary>
    public long TimestampMs { get; set; }

    /// <summary>Seconds.</summary>
    public long Interval { get; set; }

    /// <summary>Seconds.</summary>
    public long Ttl { get; set; }

    /// <summary>Its own, or the batch's; 0: none.</summary>
    public ulong Epoch { get; set; }

    /// <summary>0: none.</summary>
    public ulong Sequence { get; set; }
}

/// <summary>
/// What decisions need of a batch. Reusable: each scan clears it first, so a caller that owns one allocates nothing per batch.
/// </summary>
public sealed class ScannedBatch
{
    public ulong Id { get; set; }

    /// <summary>The batch's service name, instance id and version; empty where it names none.</summary>
    public Slice Service { get; set; }

    /// <inheritdoc cref="Service"/>
    public Slice Instance { get; set; }

    /// <inheritdoc cref="Service"/>
    public Slice Version { get; set; }

    public ulong Epoch { get; set; }

    public ulong Lost { get; set; }

    public Acknowledge Acknowledge { get; set; }

    /// <summary>The good reports, by ascending index.</summary>
    public List<ScannedReport> Reports { get; } = [];

    /// <summary>The bad ones, by ascending index, each with the field at fault; empty after <see cref="BatchScanner.Read"/>.</summary>
    public List<ReportOutcome> Rejected { get; } = [];

    public void Clear()
    {
        Id = 0;
        Service = Instance = Version = default;
        Epoch = Lost = 0;
        Acknowledge = Acknowledge.Durable;
        Reports.Clear();
        Rejected.Clear();
    }
}
