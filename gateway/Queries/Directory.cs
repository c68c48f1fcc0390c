using Monitor.Gateway.Grains;
using Monitor.Gateway.Ingest;
using Monitor.Grains.Abstractions;
using Monitor.Rules.Keys;

namespace Monitor.Gateway.Queries;

/// <summary>
/// The instances of all partitions that match a query, in the order of lists: a merge of the partitions' own lists, of which pages are fetched as they are needed.
/// </summary>
internal sealed class Directory(Partitions grains, int partitions, DirectoryQuery query, int expected)
{
    private const int LeastPage = 16;
    private const int MostPage = 2000;

    private readonly PriorityQueue<Cursor, InstanceKey> cursors = new();
    private bool started;

    /// <summary>The next instance; null at the end.</summary>
    public async ValueTask<DirectoryEntry?> NextAsync(CancellationToken cancellationToken)
    {
        if (!started)
        {
            started = true;
            var first = await Task.WhenAll(Enumerable.Range(0, partitions).Select(partition => FetchFirstAsync(partition, cancellationToken)));
            foreach (var cursor in first) Enqueue(cursor);
        }
        if (!cursors.TryDequeue(out var next, out _)) return null;
        var entry = next.Current;
        if (++next.Index == next.Page.Entries.Count && next.Page.More)
        {
            next.Page = await FetchAsync(next.Partition, entry.Service, entry.Instance, cancellationToken);
            next.Index = 0;
        }
        Enqueue(next);
        return entry;
    }

    private async Task<Cursor> FetchFirstAsync(int partition, CancellationToken cancellationToken) =>
        new(partition, await FetchAsync(partition, query.AfterService, query.AfterInstance, cancellationToken));

    private Task<DirectoryPage> FetchAsync(int partition, string? service, string? instance, CancellationToken cancellationToken)
    {
        var page = query with { AfterService = service, AfterInstance = instance, MaxEntries = Math.Clamp(expected / partitions * 2, LeastPage, MostPage) };
        return grains.AskAsync(partition, grain => grain.List(page), cancellationToken);
    }

    private void Enqueue(Cursor cursor)
    {
        if (cursor.Index < cursor.Page.Entries.Count) cursors.Enqueue(cursor, new(cursor.Current.Service, cursor.Current.Instance));
    }

    private sealed class Cursor(int partition, DirectoryPage page)
    {
        public int Partition { get; } = partition;

        public DirectoryPage Page { get; set; } = page;

        public int Index { get; set; }

        public DirectoryEntry Current => Page.Entries[Index];
    }
}

/// <summary>What all instances can be asked for.</summary>
internal sealed class Instances(Partitions partitions, IReportLog log)
{
    // So many grain calls at once: enough to hide their latency, few enough not to crowd out reports.
    private const int Concurrency = 256;

    public Directory List(DirectorySubject subject, string? service, Protocol.HealthCheck.Types.Status status, PageToken? after, long expected) => new(
        partitions,
        log.Partitions,
        new(subject, service, status, after?.First, after?.Second, 1),
        (int)Math.Min(expected, int.MaxValue));

    /// <summary>Names of the services that have an instance of this id, in order; empty where it was never seen.</summary>
    public Task<IReadOnlyList<string>> FindAsync(string instance, CancellationToken cancellationToken) =>
        partitions.AskAsync(Partitioner.OfInstance(instance, log.Partitions), partition => partition.Find(instance), cancellationToken);

    /// <summary>Names of all services, in order.</summary>
    public async Task<IReadOnlyList<string>> ServicesAsync(CancellationToken cancellationToken)
    {
        var names = await Task.WhenAll(Enumerable.Range(0, log.Partitions).Select(
            number => partitions.AskAsync(number, static partition => partition.Services(), cancellationToken)));
        return [.. names.SelectMany(some => some).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>Asks all, a bounded number at once; answers in their order.</summary>
    public static async Task<IReadOnlyList<TAnswer>> AskAsync<TSource, TAnswer>(
        IReadOnlyList<TSource> sources, Func<TSource, Task<TAnswer>> ask, CancellationToken cancellationToken)
    {
        var answers = new List<TAnswer>(sources.Count);
        foreach (var some in sources.Chunk(Concurrency)) answers.AddRange(await Task.WhenAll(some.Select(ask)).WaitAsync(cancellationToken));
        return answers;
    }
}
