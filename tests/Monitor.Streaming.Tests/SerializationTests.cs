using Microsoft.Extensions.DependencyInjection;
using Monitor.Journal;
using Orleans.Serialization;

namespace Monitor.Streaming.Tests;

public sealed class SerializationTests
{
    [Fact]
    public void Record_BetweenSilos_IsAsItWas()
    {
        using var services = Services();
        var serializer = services.GetRequiredService<Serializer>();
        var record = JournalRecord.Read("go-server/i-1", [1, 2, 3], 42, 1_800_000_000_123);
        AssertSame(record, serializer.Deserialize<JournalRecord>(serializer.SerializeToArray(record)));
        Assert.Null(serializer.Deserialize<JournalRecord?>(serializer.SerializeToArray<JournalRecord?>(null)));
    }

    [Fact]
    public void Run_BetweenSilos_IsAsItWas()
    {
        using var services = Services();
        var serializer = services.GetRequiredService<Serializer>();
        var run = new RecordRun(JournalStreams.IdOf(Topic.Events, 3), 7, [JournalRecord.Read("a", [], 7, 1), JournalRecord.Read("b", [9], 8, 2)]);
        var copy = Assert.IsType<RecordRun>(serializer.Deserialize<object>(serializer.SerializeToArray<object>(run)));
        Assert.Equal((run.StreamId, run.First, run.Last, run.SequenceToken), (copy.StreamId, copy.First, copy.Last, copy.SequenceToken));
        Assert.All(run.Records.Zip(copy.Records), pair => AssertSame(pair.First, pair.Second));
    }

    [Fact]
    public void Run_AskedForAnotherType_SaysWhatItHolds()
    {
        var run = new RecordRun(JournalStreams.IdOf(Topic.Reports, 0), 1, [JournalRecord.Read("a", [], 1, 1)]);
        var refused = Assert.Throws<InvalidOperationException>(() => run.GetEvents<string>().ToList());
        Assert.Contains("IReadOnlyList<JournalRecord>", refused.Message, StringComparison.Ordinal);
    }

    private static ServiceProvider Services() => new ServiceCollection().AddSerializer().BuildServiceProvider();

    private static void AssertSame(JournalRecord expected, JournalRecord? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal((expected.Key, expected.Sequence, expected.ReceivedAtMs), (actual.Key, actual.Sequence, actual.ReceivedAtMs));
        Assert.Equal(expected.Payload, actual.Payload);
    }
}
