using Monitor.Journal;
using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams;

namespace Monitor.Streaming;

/// <summary>
/// Records of one partition that follow each other: one event of its stream, of type <c>IReadOnlyList&lt;JournalRecord&gt;</c>. An empty one marks a place (see
/// <see cref="JournalQueue"/>) and is no event.
/// </summary>
[GenerateSerializer, Immutable, Alias("monitor.record-run")]
internal sealed class RecordRun(StreamId streamId, long first, JournalRecord[] records) : IBatchContainer
{
    [Id(0)]
    public StreamId StreamId { get; } = streamId;

    /// <summary>Sequence of the first record, or the place that an empty run marks.</summary>
    [Id(1)]
    public long First { get; } = first;

    [Id(2)]
    public JournalRecord[] Records { get; } = records;

    public long Last => First + Records.Length - 1;

    // A mark is not the run that follows it in the same place: a consumer that has seen the one has not seen the other.
    public StreamSequenceToken SequenceToken => new EventSequenceTokenV2(First, Records.Length == 0 ? 0 : 1);

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>()
    {
        if (Records.Length == 0) yield break;
        yield return Records is T run
            ? Tuple.Create(run, SequenceToken)
            : throw new InvalidOperationException($"The events of stream {StreamId} are IReadOnlyList<JournalRecord>, not {typeof(T).Name}.");
    }

    public bool ImportRequestContext() => false;
}

/// <summary>How a record crosses between silos.</summary>
[GenerateSerializer, Immutable, Alias("monitor.journal-record")]
internal readonly struct JournalRecordSurrogate(string key, byte[] payload, long sequence, long receivedAtMs)
{
    [Id(0)]
    public string Key { get; } = key;

    [Id(1)]
    public byte[] Payload { get; } = payload;

    [Id(2)]
    public long Sequence { get; } = sequence;

    [Id(3)]
    public long ReceivedAtMs { get; } = receivedAtMs;
}

[RegisterConverter]
internal sealed class JournalRecordConverter : IConverter<JournalRecord, JournalRecordSurrogate>
{
    public JournalRecord ConvertFromSurrogate(in JournalRecordSurrogate surrogate) =>
        JournalRecord.Read(surrogate.Key, surrogate.Payload, surrogate.Sequence, surrogate.ReceivedAtMs);

    public JournalRecordSurrogate ConvertToSurrogate(in JournalRecord value) => new(value.Key, value.Payload, value.Sequence, value.ReceivedAtMs);
}
