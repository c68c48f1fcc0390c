namespace Monitor.Journal.Sqlite;

internal sealed class AppendOperation(PartitionLog log, IReadOnlyList<JournalRecord> records, long bytes, CancellationToken cancellationToken)
    : WriteOperation<bool>(cancellationToken)
{
    public override int Records => records.Count;

    public override long Bytes => bytes;

    public override void Apply(JournalWriter writer)
    {
        for (var i = 0; i < records.Count; i++) writer.Stage(log, records[i]);
    }
}

internal sealed class CommitOperation(TransitionCommit commit, long bytes, CancellationToken cancellationToken) : WriteOperation<bool>(cancellationToken)
{
    public override int Records => commit.Events.Count;

    public override long Bytes => bytes;

    public override void Apply(JournalWriter writer)
    {
        Answer = writer.Tables.SnapshotVersion(Topic.Reports, commit.Partition, commit.Snapshot.Key) == commit.ExpectedVersion;
        if (!Answer) return;
        writer.Tables.ReplaceSnapshot(Topic.Reports, commit.Partition, commit.Snapshot);
        foreach (var (partition, record) in commit.Events) writer.Stage(writer.Topic(Topic.Events).Partitions[partition], record);
    }
}

internal sealed class SaveSnapshotsOperation(Topic topic, int partition, IReadOnlyCollection<Snapshot> snapshots, CancellationToken cancellationToken)
    : WriteOperation<bool>(cancellationToken)
{
    public override long Bytes { get; } = snapshots.Sum(snapshot => (long)snapshot.Payload.Length);

    public override void Apply(JournalWriter writer)
    {
        foreach (var snapshot in snapshots) writer.Tables.SaveSnapshot(topic, partition, snapshot);
    }
}

internal sealed class DeleteSnapshotsOperation(Topic topic, int partition, IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    : WriteOperation<bool>(cancellationToken)
{
    public override void Apply(JournalWriter writer)
    {
        foreach (var key in keys) writer.Tables.DeleteSnapshot(topic, partition, key);
    }
}

internal sealed class SaveCheckpointOperation(Topic topic, int partition, Checkpoint checkpoint, CancellationToken cancellationToken)
    : WriteOperation<bool>(cancellationToken)
{
    public override long Bytes => checkpoint.State.Length;

    public override void Apply(JournalWriter writer) => writer.Tables.SaveCheckpoint(topic, partition, checkpoint);
}

internal sealed class BeatOperation(Topic topic, IReadOnlyCollection<int> partitions, long atMs, CancellationToken cancellationToken)
    : WriteOperation<bool>(cancellationToken)
{
    public override void Apply(JournalWriter writer)
    {
        foreach (var partition in partitions) writer.Tables.Beat(topic, partition, atMs);
    }
}

/// <summary>Marks segments as dropped; their rows go later, some at a time.</summary>
internal sealed class TrimOperation(Topic topic, long beforeMs, CancellationToken cancellationToken) : WriteOperation<int>(cancellationToken)
{
    public override void Apply(JournalWriter writer)
    {
        var log = writer.Topic(topic);
        var bounds = Array.ConvertAll(log.Partitions, partition => writer.Tables.TrimBound(topic, partition.Partition));
        Answer = 0;
        foreach (var segment in log.Segments.SkipLast(1))
        {
            if (segment.LastReceivedMs >= beforeMs || !Covered(segment, bounds)) break;
            writer.Tables.SetSegmentState(segment.Number, Schema.Dropped);
            Answer++;
        }
    }

    public override void Publish(JournalWriter writer) => writer.Drop(writer.Topic(topic), Answer);

    private static bool Covered(Segment segment, long[] bounds)
    {
        for (var partition = 0; partition < bounds.Length; partition++)
        {
            if (segment.Last(partition) > segment.Before[partition] && segment.Last(partition) > bounds[partition]) return false;
        }
        return true;
    }
}

/// <summary>Writes for no other reason than to see whether writing works.</summary>
internal sealed class ProbeOperation(long atMs, CancellationToken cancellationToken) : WriteOperation<bool>(cancellationToken)
{
    public override void Apply(JournalWriter writer) => writer.Tables.Probe(atMs);
}

/// <summary>For tests: lets the file grow no further than so many pages, as a full disk would.</summary>
internal sealed class LimitPagesOperation(int pages) : WriteOperation<bool>(CancellationToken.None)
{
    public override void Apply(JournalWriter writer) => writer.Tables.LimitPages(pages);
}
