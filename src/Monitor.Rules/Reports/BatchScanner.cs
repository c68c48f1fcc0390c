namespace Monitor.Rules.Reports;

/// <summary>Reads batches (<see cref="Protocol.PublishRequest"/>) in their wire form, without building objects.</summary>
public static class BatchScanner
{
    /// <summary>Reads a payload of the journal, which was validated before it was appended.</summary>
    public static void Read(ReadOnlySpan<byte> payload, ScannedBatch into) => throw new NotImplementedException();
}
