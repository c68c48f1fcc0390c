using Google.Protobuf;
using Monitor.Grains.Loading;
using Monitor.Grains.Placement;
using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Rules.Keys;

namespace Monitor.Grains.Feeds;

/// <summary>
/// A grain whose state is a function of the events of one key. It is rebuilt from its snapshot and the events after it, so nothing it holds needs to be written when
/// it changes.
/// </summary>
internal abstract class EventView(IJournal journal, PartitionHomes homes, KeyLoader loader) : Grain, IFeedTarget
{
    private long snapshotPosition;
    private int partition;

    /// <summary>Every event up to this sequence of the partition is in the state; 0: there never was one.</summary>
    protected long Position { get; private set; }

    protected abstract EventKey Key { get; }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        partition = Partitioner.OfEvent(Key, journal.Partitions);
        var loaded = await loader.LoadAsync(Topic.Events, partition, Key.ToString());
        Restore(loaded.Snapshot?.Payload);
        Position = snapshotPosition = loaded.Snapshot?.Position ?? 0;
        Apply(loaded.Records);
    }

    public Task<FeedResult> Feed(JournalRecord[] records, long blindUntilMs)
    {
        Apply(records);
        // Its partition is read elsewhere now: the next feed finds it there.
        if (!homes.IsHere(partition)) this.MigrateOnIdle();
        return Task.FromResult(new FeedResult(0, snapshotPosition, 0, 0, 0, false, false, IsLive));
    }

    public Task<FeedSnapshot> Snapshot() =>
        Task.FromResult(Position <= snapshotPosition ? new FeedSnapshot(snapshotPosition, 0, null) : new(Position, 0, Save().ToByteArray()));

    /// <summary>There is something to list.</summary>
    protected abstract bool IsLive { get; }

    protected abstract void Restore(byte[]? snapshot);

    protected abstract void Apply(Event transition);

    protected abstract IMessage Save();

    private void Apply(IReadOnlyList<JournalRecord> records)
    {
        foreach (var record in records)
        {
            if (record.Sequence <= Position) continue;
            Apply(Event.Parser.ParseFrom(record.Payload));
            Position = record.Sequence;
        }
    }
}
