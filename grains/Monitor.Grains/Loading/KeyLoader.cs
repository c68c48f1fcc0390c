using System.Collections.Frozen;
using Monitor.Journal;

namespace Monitor.Grains.Loading;

/// <param name="Snapshot">The stored state; null: none.</param>
/// <param name="Records">Every record of the key after it, ascending.</param>
internal sealed record LoadedKey(Snapshot? Snapshot, IReadOnlyList<JournalRecord> Records);

/// <summary>
/// Loads what grains start from, snapshot and records after it, and what came since. Many that ask at once, as after a restart or when many fall silent together, share
/// reads: a read waits a moment for others of its partition, and while it is under way the keys that come wait for the next, which takes them together.
/// </summary>
internal sealed class KeyLoader(IJournal journal, TimeProvider clock)
{
    private const int MostKeys = 1024;

    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(2);

    private readonly Queue[] queues =
        [.. Enum.GetValues<Topic>().SelectMany(topic => Enumerable.Range(0, journal.Partitions).Select(partition => new Queue(journal, clock, topic, partition)))];

    public Task<LoadedKey> LoadAsync(Topic topic, int partition, string key) => QueueOf(topic, partition).LoadAsync(key, null);

    /// <summary>Every record of a key after a sequence, ascending; of those that are in the journal when this is called, none is missing.</summary>
    public async Task<IReadOnlyList<JournalRecord>> ReadAsync(Topic topic, int partition, string key, long after) =>
        (await QueueOf(topic, partition).LoadAsync(key, after)).Records;

    private Queue QueueOf(Topic topic, int partition) => queues[(((int)topic - 1) * journal.Partitions) + partition];

    /// <param name="After">Null: after its snapshot.</param>
    private sealed record Waiting(string Key, long? After, TaskCompletionSource<LoadedKey> Done);

    private sealed class Queue(IJournal journal, TimeProvider clock, Topic topic, int partition)
    {
        private readonly Lock gate = new();
        private List<Waiting> waiting = [];
        private bool reading;

        public Task<LoadedKey> LoadAsync(string key, long? after)
        {
            var done = new TaskCompletionSource<LoadedKey>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (gate)
            {
                waiting.Add(new(key, after, done));
                if (reading) return done.Task;
                reading = true;
            }

            _ = ReadAllAsync();
            return done.Task;
        }

        private async Task ReadAllAsync()
        {
            while (true)
            {
                // Off the grain that came first, too: it must not carry the others.
                await Task.Delay(Gathering, clock).ConfigureAwait(false);
                List<Waiting> batch;
                lock (gate)
                {
                    if (waiting.Count == 0)
                    {
                        reading = false;
                        return;
                    }

                    batch = waiting.Count <= MostKeys ? waiting : waiting.GetRange(0, MostKeys);
                    waiting = waiting.Count <= MostKeys ? [] : waiting.GetRange(MostKeys, waiting.Count - MostKeys);
                }

                await ReadAsync(batch).ConfigureAwait(false);
            }
        }

        private async Task ReadAsync(List<Waiting> batch)
        {
            try
            {
                var keys = batch.Where(b => b.After is null).Select(b => b.Key).Distinct().ToList();
                IReadOnlyDictionary<string, Snapshot> snapshots = keys.Count == 0
                    ? FrozenDictionary<string, Snapshot>.Empty
                    : await journal.LoadSnapshotsAsync(topic, partition, keys, CancellationToken.None).ConfigureAwait(false);

                // A grain has one activation here, which asks one thing at a time; where two ask for a key, the longer answer serves both.
                var after = batch.GroupBy(b => b.Key).Select(g => (g.Key, g.Min(AfterOf))).ToList();
                var records = await journal.ReadKeysAsync(topic, partition, after, CancellationToken.None).ConfigureAwait(false);
                foreach (var one in batch)
                {
                    one.Done.TrySetResult(new(one.After is null ? snapshots.GetValueOrDefault(one.Key) : null, records.GetValueOrDefault(one.Key) ?? []));
                }

                long AfterOf(Waiting one) => one.After ?? (snapshots.TryGetValue(one.Key, out var s) ? s.Position : 0);
            }
            catch (Exception e)
            {
                foreach (var one in batch) one.Done.TrySetException(e);
            }
        }
    }
}
