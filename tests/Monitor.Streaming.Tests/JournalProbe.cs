using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;

namespace Monitor.Journal.Testing;

/// <summary>A journal that counts what is asked of it, and fails or waits where a test says so.</summary>
internal sealed class JournalProbe(IJournal inner) : IJournal
{
    private readonly ConcurrentDictionary<string, int> calls = [];
    private long rows;

    /// <summary>Called with the name of the method before the journal is; may throw or wait.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called with the name of the method when the journal has done it.</summary>
    public Func<string, Task> After { get; set; } = _ => Task.CompletedTask;

    public int Partitions => inner.Partitions;

    /// <summary>Records that reads have answered.</summary>
    public long Rows => Interlocked.Read(ref rows);

    public int Calls(string method) => calls.GetValueOrDefault(method);

    public void Reset()
    {
        calls.Clear();
        Interlocked.Exchange(ref rows, 0);
    }

    /// <summary>Fails the next calls of a method.</summary>
    /// <param name="method">Its name.</param>
    /// <param name="times">How many.</param>
    /// <param name="done">Whether the journal does what it is asked before it fails.</param>
    public void Fail(string method, int times, bool done = false)
    {
        var left = times;
        Task Throw(string name) => name == method && Interlocked.Decrement(ref left) >= 0
            ? Task.FromException(new JournalUnavailableException($"{method} fails for the test."))
            : Task.CompletedTask;
        if (done) After = Throw;
        else Before = Throw;
    }

    /// <summary>Puts a probe in front of the journal that is registered.</summary>
    public static void Insert(IServiceCollection services)
    {
        var registered = services.Last(s => s.ServiceType == typeof(IJournal));
        services.Remove(registered);
        services.AddSingleton<IJournal>(s => new JournalProbe((IJournal)ActivatorUtilities.CreateInstance(s, registered.ImplementationType!)));
    }

    public Task OpenAsync(CancellationToken cancellationToken) => inner.OpenAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    public async ValueTask AppendAsync(Topic topic, int partition, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken)
    {
        await BeforeAsync();
        await inner.AppendAsync(topic, partition, records, cancellationToken);
        await AfterAsync(0);
    }

    public async ValueTask<bool> CommitAsync(TransitionCommit commit, CancellationToken cancellationToken)
    {
        await BeforeAsync();
        var kept = await inner.CommitAsync(commit, cancellationToken);
        await AfterAsync(0);
        return kept;
    }

    public async ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(Topic topic, int partition, long after, int maxRecords, int maxBytes, CancellationToken cancellationToken)
    {
        await BeforeAsync();
        var records = await inner.ReadAsync(topic, partition, after, maxRecords, maxBytes, cancellationToken);
        await AfterAsync(records.Count);
        return records;
    }

    public async Task WaitAsync(Topic topic, int partition, long after, CancellationToken cancellationToken)
    {
        await BeforeAsync();
        await inner.WaitAsync(topic, partition, after, cancellationToken);
    }

    public async ValueTask<long> HeadAsync(Topic topic, int partition, CancellationToken cancellationToken)
    {
        await BeforeAsync();
        return await inner.HeadAsync(topic, partition, cancellationToken);
    }

    public async ValueTask<IReadOnlyDictionary<string, IReadOnlyList<JournalRecord>>> ReadKeysAsync(
        Topic topic, int partition, IReadOnlyCollection<(string Key, long After)> keys, CancellationToken cancellationToken)
    {
        await BeforeAsync();
        var records = await inner.ReadKeysAsync(topic, partition, keys, cancellationToken);
        await AfterAsync(records.Values.Sum(r => r.Count));
        return records;
    }

    public async ValueTask<IReadOnlyList<JournalRecord>> ReadKeyBackwardsAsync(
        Topic topic, int partition, string key, long before, int maxRecords, CancellationToken cancellationToken)
    {
        await BeforeAsync();
        return await inner.ReadKeyBackwardsAsync(topic, partition, key, before, maxRecords, cancellationToken);
    }

    public async ValueTask<IReadOnlyDictionary<string, Snapshot>> LoadSnapshotsAsync(
        Topic topic, int partition, IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        await BeforeAsync();
        return await inner.LoadSnapshotsAsync(topic, partition, keys, cancellationToken);
    }

    public async ValueTask SaveSnapshotsAsync(Topic topic, int partition, IReadOnlyCollection<Snapshot> snapshots, CancellationToken cancellationToken)
    {
        await BeforeAsync();
        await inner.SaveSnapshotsAsync(topic, partition, snapshots, cancellationToken);
        await AfterAsync(0);
    }

    public async ValueTask DeleteSnapshotsAsync(Topic topic, int partition, IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        await BeforeAsync();
        await inner.DeleteSnapshotsAsync(topic, partition, keys, cancellationToken);
    }

    public async ValueTask<Checkpoint> LoadCheckpointAsync(Topic topic, int partition, CancellationToken cancellationToken)
    {
        await BeforeAsync();
        return await inner.LoadCheckpointAsync(topic, partition, cancellationToken);
    }

    public async ValueTask SaveCheckpointAsync(Topic topic, int partition, Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        await BeforeAsync();
        await inner.SaveCheckpointAsync(topic, partition, checkpoint, cancellationToken);
    }

    public async ValueTask BeatAsync(Topic topic, IReadOnlyCollection<int> partitions, long atMs, CancellationToken cancellationToken)
    {
        await BeforeAsync();
        await inner.BeatAsync(topic, partitions, atMs, cancellationToken);
    }

    public async ValueTask<long> LatestBeatAsync(Topic topic, CancellationToken cancellationToken)
    {
        await BeforeAsync();
        return await inner.LatestBeatAsync(topic, cancellationToken);
    }

    public async ValueTask<int> TrimAsync(Topic topic, DateTimeOffset before, CancellationToken cancellationToken)
    {
        await BeforeAsync();
        return await inner.TrimAsync(topic, before, cancellationToken);
    }

    public ValueTask<string?> ProbeAsync(CancellationToken cancellationToken) => inner.ProbeAsync(cancellationToken);

    private Task BeforeAsync([CallerMemberName] string method = "")
    {
        calls.AddOrUpdate(method, 1, (_, n) => n + 1);
        return Before(method);
    }

    private Task AfterAsync(int read, [CallerMemberName] string method = "")
    {
        Interlocked.Add(ref rows, read);
        return After(method);
    }
}
