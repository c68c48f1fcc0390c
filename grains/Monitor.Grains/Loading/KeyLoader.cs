using Monitor.Journal;

namespace Monitor.Grains.Loading;

/// <param name="Snapshot">The stored state; null: none.</param>
/// <param name="Records">Every record of the key after it, ascending.</param>
internal sealed record LoadedKey(Snapshot? Snapshot, IReadOnlyList<JournalRecord> Records);

/// <summary>
/// Loads what grains start from: snapshot and records after it. Many that activate at once, as after a restart, share reads: a read waits a moment for others of its
/// partition, and while it is under way the keys that come wait for the next, which takes them together.
/// </summary>
internal sealed class KeyLoader(IJournal journal, TimeProvider clock)
{
    private const int MostKeys = 1024;

    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(2);

    private readonly Queue[] queues =
        [.. Enum.GetValues<Topic>().SelectMany(topic => Enumerable.Range(0, journal.Partitions).Select(partition => new Queue(journal, clock, topic, partition)))];

    public Task<LoadedKey> LoadAsync(Topic topic, int partition, string key) =>
        queues[(((int)topic - 1) * journal.Partitions) + partition].LoadAsync(key);

    private sealed class Queue(IJournal journal, TimeProvider clock, Topic topic, int partition)
    {
        private readonly Lock gate = new();
        private List<(string Key, TaskCompletionSource<LoadedKey> Done)> waiting = [];
        private bool reading;

        public Task<LoadedKey> LoadAsync(string key)
        {
            var done = new TaskCompletionSource<LoadedKey>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (gate)
            {
                waiting.Add((key, done));
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
                List<(string Key, TaskCompletionSource<LoadedKey> Done)> batch;
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

        private async Task ReadAsync(List<(string Key, TaskCompletionSource<LoadedKey> Done)> batch)
        {
            try
            {
                var keys = batch.Select(b => b.Key).Distinct().ToList();
                var snapshots = await journal.LoadSnapshotsAsync(topic, partition, keys, CancellationToken.None).ConfigureAwait(false);
                var after = keys.Select(k => (k, snapshots.TryGetValue(k, out var s) ? s.Position : 0)).ToList();
                var records = await journal.ReadKeysAsync(topic, partition, after, CancellationToken.None).ConfigureAwait(false);
                foreach (var (key, done) in batch)
                {
                    done.TrySetResult(new(snapshots.GetValueOrDefault(key), records.GetValueOrDefault(key) ?? []));
                }
            }
            catch (Exception e)
            {
                foreach (var (_, done) in batch) done.TrySetException(e);
            }
        }
    }
}
