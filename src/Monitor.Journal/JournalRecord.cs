namespace Monitor.Journal;

/// <summary>
/// One record of the journal. <see cref="Sequence"/> and <see cref="ReceivedAtMs"/> are set by the journal when the record is appended; after that it
/// never changes, and it is shared without copying by whoever reads it.
/// </summary>
public sealed class JournalRecord(string key, byte[] payload)
{
    /// <summary>Whose record it is: the grain it concerns. 1 to 1,024 characters.</summary>
    public string Key { get; } = key;

    /// <summary>A protobuf message: a PublishRequest of one instance (reports) or an Event (events). Not to be changed.</summary>
    public byte[] Payload { get; } = payload;

    /// <summary>Its place in its partition: 1, 2, 3 … without gaps. 0 until it is appended.</summary>
    public long Sequence { get; internal set; }

    /// <summary>When it was appended, Unix milliseconds; never descending within a partition.</summary>
    public long ReceivedAtMs { get; internal set; }

    /// <summary>A record as it was read.</summary>
    public static JournalRecord Read(string key, byte[] payload, long sequence, long receivedAtMs) =>
        new(key, payload) { Sequence = sequence, ReceivedAtMs = receivedAtMs };
}
