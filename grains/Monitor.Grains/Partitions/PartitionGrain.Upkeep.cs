using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Monitor.Journal;
using Monitor.Protocol;

namespace Monitor.Grains.Partitions;

/// <summary>What a partition does each second beside deliveries: snapshots of its keys, its own checkpoint, retention.</summary>
internal abstract partial class PartitionGrain
{
    private const int MostSnapshots = 512;
    private const int MostRecords = 512;

    private readonly Queue<OwnedKey> dirty = [];
    private long trimmedAt;
    private long sweptAt;

    /// <summary>Retention of the topic.</summary>
    protected abstract TimeSpan Retention { get; }

    protected virtual Task BeforeUpkeepAsync() => Task.CompletedTask;

    /// <summary>Adds what else the partition saves; answers up to when it was receiving and applying, or says so in what it adds.</summary>
    protected virtual long Save(PartitionSnapshot snapshot) => NowMs();

    protected virtual void Disowned(OwnedKey owned)
    {
    }

    private async Task UpkeepAsync(CancellationToken cancellationToken)
    {
        try
        {
            await BeforeUpkeepAsync();
            if (!delivered || applied < wholeFrom) await CatchUpAsync(cancellationToken);
            await SnapshotAsync(cancellationToken);
            if (changed && clock.GetElapsedTime(savedAt) >= Options.CheckpointPeriod) await SaveAsync(cancellationToken);
            if (clock.GetElapsedTime(sweptAt) >= TimeSpan.FromMinutes(1)) await ForgetAsync(cancellationToken);
            if (!homes.IsHere(Partition)) await MoveAsync(cancellationToken);
            if (Partition == 0 && clock.GetElapsedTime(trimmedAt) >= TimeSpan.FromMinutes(1)) await TrimAsync(cancellationToken);
        }
        catch (JournalUnavailableException e)
        {
            LogUpkeepFailed(topic, Partition, e.Message);
        }
    }

    /// <summary>
    /// The stream learns with its next delivery that this activation is a new one, which starts again further back; where nothing comes, that would be never.
    /// </summary>
    private async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        while (await journal.ReadAsync(topic, Partition, applied, MostRecords, 1 << 20, cancellationToken) is { Count: > 0 } records) await ApplyAsync(records);
        // Whatever is missing still has passed its retention.
        wholeFrom = 0;
    }

    /// <summary>Queues a key for a snapshot where its own is behind.</summary>
    private void Mark(OwnedKey owned)
    {
        if (owned.DirtySinceMs > 0 || !owned.IsDirty) return;
        owned.DirtySinceMs = NowMs();
        dirty.Enqueue(owned);
    }

    private Task SnapshotAsync(CancellationToken cancellationToken) => SnapshotAsync(NowMs() - (long)Options.SnapshotAge.TotalMilliseconds, cancellationToken);

    /// <summary>Saves what has been behind since before an instant, Unix milliseconds.</summary>
    private async Task SnapshotAsync(long due, CancellationToken cancellationToken)
    {
        while (dirty.TryPeek(out var first) && first.DirtySinceMs <= due)
        {
            var batch = new List<OwnedKey>();
            while (batch.Count < MostSnapshots && dirty.TryPeek(out first) && first.DirtySinceMs <= due)
            {
                dirty.Dequeue().DirtySinceMs = 0;
                if (first.IsDirty && keys.ContainsKey(first.Entry.Key)) batch.Add(first);
            }

            try
            {
                await SnapshotAsync(batch, cancellationToken);
            }
            finally
            {
                // What has changed again, or could not be saved, has another turn.
                foreach (var owned in batch) Mark(owned);
            }
        }
    }

    private async Task SnapshotAsync(List<OwnedKey> batch, CancellationToken cancellationToken)
    {
        var taken = await Task.WhenAll(batch.Select(async o => (Owned: o, Snapshot: await TargetOf(o.Entry.Key).Snapshot())));
        var snapshots = taken.Where(t => t.Snapshot.Payload is not null)
            .Select(t => new Snapshot(t.Owned.Entry.Key, t.Snapshot.Position, t.Snapshot.Version, t.Snapshot.Payload!)).ToList();
        if (snapshots.Count > 0) await journal.SaveSnapshotsAsync(topic, Partition, snapshots, cancellationToken);
        foreach (var (owned, snapshot) in taken) owned.Entry.SnapshotPosition = Math.Max(owned.Entry.SnapshotPosition, snapshot.Position);
        changed |= taken.Length > 0;
    }

    /// <summary>Saves how far the partition is, with its directory.</summary>
    protected async Task SaveAsync(CancellationToken cancellationToken)
    {
        var snapshot = new PartitionSnapshot();
        snapshot.Entries.AddRange(keys.Values.Select(o => o.Entry));
        var beatMs = Save(snapshot);
        var floor = keys.Values.Where(o => o.IsDirty).Select(o => o.Entry.SnapshotPosition).DefaultIfEmpty(applied).Min();
        await journal.SaveCheckpointAsync(topic, Partition, new(applied, floor, snapshot.ToByteArray(), beatMs), cancellationToken);
        (changed, savedAt) = (false, clock.GetTimestamp());
    }

    /// <summary>
    /// Lets go of keys that have nothing to list and whose records have all passed retention. The margin covers records that are dropped a segment at a time.
    /// </summary>
    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        sweptAt = clock.GetTimestamp();
        var old = NowMs() - (long)(Retention * 1.25).TotalMilliseconds;
        var gone = keys.Values.Where(o => !o.Entry.IsLive && o.Entry.LastReceivedMs < old).ToList();
        if (gone.Count == 0) return;
        await journal.DeleteSnapshotsAsync(topic, Partition, [.. gone.Select(o => o.Entry.Key)], cancellationToken);
        foreach (var owned in gone)
        {
            keys.Remove(owned.Entry.Key);
            Disowned(owned);
        }

        changed = true;

        LogForgot(topic, Partition, gone.Count);
    }

    private async Task TrimAsync(CancellationToken cancellationToken)
    {
        trimmedAt = clock.GetTimestamp();
        var segments = await journal.TrimAsync(topic, clock.GetUtcNow() - Retention, cancellationToken);
        if (segments > 0) LogTrimmed(topic, segments);
    }

    [LoggerMessage(1202, LogLevel.Warning, "Upkeep of {Topic} partition {Partition} waits: {Reason}")]
    private partial void LogUpkeepFailed(Topic topic, int partition, string reason);

    [LoggerMessage(1203, LogLevel.Information, "{Topic}: {Segments} segments have passed their retention and are gone.")]
    private partial void LogTrimmed(Topic topic, int segments);

    [LoggerMessage(1204, LogLevel.Debug, "{Topic} partition {Partition} forgot {Keys} keys whose records have passed their retention.")]
    private partial void LogForgot(Topic topic, int partition, int keys);
}
