using Microsoft.Extensions.Time.Testing;

namespace Monitor.Journal.Tests;

/// <summary>
/// What every journal promises. Each test gets a store of its own; <see cref="OpenAsync"/> opens it, again where it was closed. Segments are small here
/// (<see cref="SegmentRecords"/> records), so that a test that writes a few hundred has many.
/// </summary>
public abstract partial class JournalContract : IAsyncLifetime
{
    protected const int Partitions = 4;
    protected const int SegmentRecords = 20;

    private readonly List<IJournal> opened = [];

    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2025, 6, 1, 12, 0, 0, TimeSpan.Zero));

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected IJournal Journal { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Journal = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var journal in opened) await journal.DisposeAsync();
        await DeleteAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A journal on the test's store, not open yet. Its tail is small enough that most reads go to the store.</summary>
    protected abstract IJournal Create(int partitions);

    /// <summary>Makes the closed store one of a newer version.</summary>
    protected abstract Task MakeNewerAsync();

    /// <summary>Removes the closed store.</summary>
    protected abstract Task DeleteAsync();

    private protected async Task<IJournal> OpenAsync(int partitions = Partitions)
    {
        var journal = Create(partitions);
        opened.Add(journal);
        await journal.OpenAsync(Cancel);
        return journal;
    }

    private protected async Task ReopenAsync()
    {
        await Journal.DisposeAsync();
        Journal = await OpenAsync();
    }

    private protected static JournalRecord Record(string key, int size = 8)
    {
        var payload = new byte[size];
        new Random(key.GetHashCode(StringComparison.Ordinal)).NextBytes(payload);
        return new(key, payload);
    }

    private protected async Task<JournalRecord[]> AppendAsync(int partition, params string[] keys)
    {
        var records = Array.ConvertAll(keys, key => Record(key));
        await Journal.AppendAsync(Topic.Reports, partition, records, Cancel);
        return records;
    }

    private protected async Task<List<JournalRecord>> ReadAllAsync(int partition, Topic topic = Topic.Reports)
    {
        var all = new List<JournalRecord>();
        while (true)
        {
            var page = await Journal.ReadAsync(topic, partition, all.Count == 0 ? 0 : all[^1].Sequence, 7, 1 << 20, Cancel);
            if (page.Count == 0) return all;
            all.AddRange(page);
        }
    }

    private protected static void AssertSame(IEnumerable<JournalRecord> expected, IEnumerable<JournalRecord> actual) => Assert.Equal(
        expected.Select(record => (record.Sequence, record.Key, record.ReceivedAtMs, Convert.ToHexString(record.Payload))),
        actual.Select(record => (record.Sequence, record.Key, record.ReceivedAtMs, Convert.ToHexString(record.Payload))));

    private protected async Task CoverAsync(int partition, long position, long floor) =>
        await Journal.SaveCheckpointAsync(Topic.Reports, partition, new(position, floor, [], 0), Cancel);
}
