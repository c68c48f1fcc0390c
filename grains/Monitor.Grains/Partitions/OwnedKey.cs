using Monitor.Grains.Feeds;
using Monitor.Protocol;
using Monitor.Rules.Keys;

namespace Monitor.Grains.Partitions;

/// <summary>What a partition's grain knows of a key it owns.</summary>
internal sealed class OwnedKey(PartitionEntry entry, InstanceKey instance)
{
    /// <summary>What is saved of it.</summary>
    public PartitionEntry Entry { get; } = entry;

    /// <summary>The instance, in a report partition.</summary>
    public InstanceKey Instance { get; } = instance;

    /// <summary>Since when its snapshot is behind, Unix milliseconds; 0: it is not.</summary>
    public long DirtySinceMs { get; set; }

    /// <summary>The deadline it is queued for; 0: none.</summary>
    public long QueuedDeadlineMs { get; set; }

    public bool IsDirty => Entry.LastPosition > Entry.SnapshotPosition;

    public void Note(FeedResult result)
    {
        Entry.DeadlineMs = result.DeadlineMs;
        Entry.SnapshotPosition = Math.Max(Entry.SnapshotPosition, result.SnapshotPosition);
        Entry.Ok = result.Ok;
        Entry.Error = result.Error;
        Entry.Unknown = result.Unknown;
        Entry.HasStatus = result.HasStatus;
        Entry.HasStats = result.HasStats;
        Entry.IsLive = result.IsLive;
        Entry.Status = result.Status;
        Entry.Overdue = result.Overdue;
        Entry.OverdueChecks = result.OverdueChecks;
        Entry.OverdueError = result.OverdueError;
        Entry.OverdueOk = result.OverdueOk;
    }
}
