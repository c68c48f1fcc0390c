namespace Monitor.Streaming;

/// <summary>How the journal's streams are read and delivered.</summary>
public sealed class JournalStreamOptions
{
    /// <summary>Most records delivered in one call to a consumer. Default 512; at least 1.</summary>
    public int DeliveryRecords { get; set; } = 512;

    /// <summary>Most payload bytes delivered in one call, beyond the first record. Default 1 MiB; at least 1.</summary>
    public int DeliveryBytes { get; set; } = 1 << 20;

    /// <summary>Runs of records read ahead of a consumer, each of at most one delivery. Default 4; at least 2.</summary>
    public int ReadAhead { get; set; } = 4;

    /// <summary>
    /// Least time between two reads of a partition, unless the one before was full: what is appended meanwhile comes with the next. It is what a record may wait for while others
    /// keep coming; one that comes after a pause is read at once. Default 20 ms; 0: none.
    /// </summary>
    public TimeSpan ReadPeriod { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How long one poll waits for an append before it comes back empty, only to see whether it should stop. Default 2 s.</summary>
    public TimeSpan PollTimeout { get; set; } = TimeSpan.FromSeconds(2);
}
