namespace Monitor.Journal;

/// <summary>The state of a grain as of a place in its partition; an optimisation of replay.</summary>
/// <param name="Key">The grain's key, as in the records of its topic.</param>
/// <param name="Position">Every record of the key up to this sequence is in the state.</param>
/// <param name="Version">The grain's own count of state changes that were committed with events; see <see cref="TransitionCommit"/>.</param>
/// <param name="Payload">A protobuf message.</param>
public sealed record Snapshot(string Key, long Position, long Version, byte[] Payload);

/// <summary>How far the consumer of a partition is.</summary>
/// <param name="Position">Every record up to this sequence has been applied and is in <paramref name="State"/>; delivery restarts after it.</param>
/// <param name="Floor">Every record up to this sequence is covered by its key's snapshot (or its key is forgotten): retention may drop it once it is old enough.</param>
/// <param name="State">The consumer's own state, a protobuf message; empty at first.</param>
/// <param name="BeatMs">When the consumer last said that it is receiving and applying, Unix milliseconds; 0: never.</param>
public sealed record Checkpoint(long Position, long Floor, byte[] State, long BeatMs)
{
    /// <summary>Of a partition that no one has consumed yet.</summary>
    public static Checkpoint None { get; } = new(0, 0, [], 0);
}

/// <summary>
/// Events and the state they come from, which become durable together or not at all: so a transition is in the feed exactly once, whatever dies.
/// </summary>
/// <param name="Partition">Partition, in <see cref="Topic.Reports"/>, of the snapshot.</param>
/// <param name="Snapshot">The state after the transitions. Its version is the version before plus the number of events.</param>
/// <param name="ExpectedVersion">Version of the stored snapshot that this one follows; 0: none is stored. On any other, nothing is written.</param>
/// <param name="Events">Events by partition of <see cref="Topic.Events"/>, in order.</param>
public sealed record TransitionCommit(int Partition, Snapshot Snapshot, long ExpectedVersion, IReadOnlyList<(int Partition, JournalRecord Record)> Events);
