using Monitor.Testing;
using Npgsql;

namespace Monitor.Journal.Tests.Postgres;

[Collection(nameof(PostgresFixture))]
public sealed class PostgresWritersTests(PostgresFixture postgres) : PostgresTest(postgres)
{
    [Fact]
    public async Task Append_WhileAnotherProcessIsCommitting_ComesAfterItAndNeverBefore()
    {
        var journal = await OpenAsync();
        await using var other = new NpgsqlConnection(Server.ConnectionString);
        await other.OpenAsync(Cancel);
        await using var transaction = await other.BeginTransactionAsync(Cancel);
        await using (var write = new NpgsqlCommand(WriteGroup(Guid.NewGuid(), 1, 0, "first"), other, transaction)) await write.ExecuteNonQueryAsync(Cancel);

        var append = journal.AppendAsync(Topic.Reports, 0, [Record("second")], Cancel).AsTask();
        // Without the lock it would be there by now, with the first to come after it.
        await Eventually.UntilAsync(
            "the append waits for the other's commit",
            async cancel => await Server.QueryAsync<long>("SELECT count(*) FROM pg_locks WHERE NOT granted", cancel) > 0,
            cancellationToken: Cancel);
        Assert.Empty(await journal.ReadAsync(Topic.Reports, 0, 0, 10, 1000, Cancel));
        await journal.AppendAsync(Topic.Reports, 1, [Record("elsewhere")], Cancel);
        await transaction.CommitAsync(Cancel);
        await append.WaitAsync(Patience, Cancel);

        Assert.Equal(["first", "second"], (await ReadAllAsync(journal, 0)).Select(Text));
    }

    [Fact]
    public async Task Append_TwoProcessesOnEveryPartition_ReadersSeeEachRecordOnceInOrder()
    {
        const int Each = 60;
        IJournal[] journals = [await OpenAsync(), await OpenAsync()];
        var readers = journals.SelectMany(journal => Enumerable.Range(0, Partitions).Select(partition => Task.Run(async () =>
        {
            var texts = new List<string>();
            while (texts.Count < 2 * 3 * Each)
            {
                await journal.WaitAsync(Topic.Reports, partition, texts.Count, Cancel).WaitAsync(Patience, Cancel);
                var lastMs = 0L;
                foreach (var record in await journal.ReadAsync(Topic.Reports, partition, texts.Count, 50, 1 << 20, Cancel))
                {
                    Assert.Equal(texts.Count + 1, record.Sequence);
                    Assert.True(record.ReceivedAtMs >= lastMs, "the time of receipt descends");
                    lastMs = record.ReceivedAtMs;
                    texts.Add(Text(record));
                }
            }
            return texts;
        }, Cancel))).ToArray();

        await Task.WhenAll(journals.SelectMany((journal, process) => Enumerable.Range(0, 3).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
                for (var partition = 0; partition < Partitions; partition++)
                    await journal.AppendAsync(Topic.Reports, partition, [Record($"{process}-{writer}-{i}")], Cancel);
        }, Cancel))));

        foreach (var texts in await Task.WhenAll(readers)) Assert.Equal(texts.Count, texts.Distinct().Count());
    }

    [Fact]
    public async Task Commit_TwoProcessesOnTheSameKeys_EachVersionOnceAndNeitherWaitsForEver()
    {
        const int Keys = 8;
        const int Versions = 15;
        IJournal[] journals = [await OpenAsync(), await OpenAsync()];

        await Task.WhenAll(journals.SelectMany(journal => Enumerable.Range(0, Keys).Select(key => Task.Run(async () =>
        {
            for (var version = 0; version < Versions;)
            {
                var kept = await journal.CommitAsync(
                    new(key % Partitions, new($"k{key}", 0, version + 1, []), version, [((key + 1) % Partitions, Record($"{key}:{version + 1}")), (key % Partitions, Record("also"))]),
                    Cancel);
                version = kept ? version + 1 : (int)(await journal.LoadSnapshotsAsync(Topic.Reports, key % Partitions, [$"k{key}"], Cancel))[$"k{key}"].Version;
            }
        }, Cancel)))).WaitAsync(Patience, Cancel);

        var events = new List<string>();
        for (var partition = 0; partition < Partitions; partition++) events.AddRange((await ReadAllAsync(journals[0], partition, Topic.Events)).Select(Text));
        Assert.Equal(2 * Keys * Versions, events.Count);
        Assert.Equal(Keys * Versions, events.Where(text => text != "also").Distinct().Count());
    }

    [Fact]
    public async Task Wait_AppendOfAnotherProcess_Wakes()
    {
        var (writing, waiting) = (await OpenAsync(), await OpenAsync());
        var woken = waiting.WaitAsync(Topic.Events, 2, 0, Cancel);
        var elsewhere = waiting.WaitAsync(Topic.Events, 1, 0, Cancel);

        await writing.AppendAsync(Topic.Events, 2, [Record("a")], Cancel);

        await woken.WaitAsync(Patience, Cancel);
        Assert.False(elsewhere.IsCompleted);
    }

    [Fact]
    public async Task Wait_NotificationLost_WakesAllTheSame()
    {
        var waiting = await OpenAsync();
        var woken = waiting.WaitAsync(Topic.Reports, 2, 0, Cancel);

        // A writer that died before it told of its group.
        await Server.ExecuteAsync(WriteGroup(Guid.NewGuid(), 1, 2, "untold"), Cancel);

        await woken.WaitAsync(Patience, Cancel);
    }

    [Fact]
    public async Task WriteGroup_SentAgainOrTooLate_WritesNothingMore()
    {
        var journal = await OpenAsync();
        var writer = Guid.NewGuid();
        var first = await Server.QueryAsync<object>(WriteGroup(writer, 5, 0, "a"), Cancel);
        var again = await Server.QueryAsync<object>(WriteGroup(writer, 5, 0, "a"), Cancel);
        var late = await Assert.ThrowsAsync<PostgresException>(() => Server.ExecuteAsync(WriteGroup(writer, 4, 0, "b"), Cancel));

        Assert.Equal(((object[])first)[..3], ((object[])again)[..3]);
        Assert.Contains("comes after", late.Message, StringComparison.Ordinal);
        Assert.Equal(["a"], (await ReadAllAsync(journal, 0)).Select(Text));
    }

    [Fact]
    public async Task Trim_DroppedSegments_LoseTheirTables()
    {
        var journal = await OpenAsync(options => options.SegmentRecords = 10);
        for (var i = 0; i < 6; i++) await journal.AppendAsync(Topic.Reports, 0, [.. Enumerable.Range(0, 10).Select(k => Record($"{i}-{k}"))], Cancel);
        await journal.SaveCheckpointAsync(Topic.Reports, 0, new(60, 30, [], 0), Cancel);

        Assert.Equal(3, await journal.TrimAsync(Topic.Reports, TimeProvider.System.GetUtcNow().AddMinutes(1), Cancel));

        // The sixth was full, the seventh is open, and the eighth is made ahead of time.
        var tables = await Eventually.GetAsync(
            "the tables are there",
            cancel => Server.QueryAsync<long[]>(
                $"SELECT array_agg(substr(tablename, 9)::bigint ORDER BY 1) FROM pg_tables WHERE schemaname = '{Schema}' AND tablename LIKE 'reports\\_%'", cancel),
            tables => tables.Length == 5,
            cancellationToken: Cancel);
        Assert.Equal(new long[] { 4, 5, 6, 7, 8 }, tables);
        Assert.Equal(31, (await journal.ReadAsync(Topic.Reports, 0, 0, 1, 1, Cancel))[0].Sequence);
    }

    [Fact]
    public async Task Trim_WhileATableIsRead_DropsItTheNextTime()
    {
        var journal = await OpenAsync(options => options.SegmentRecords = 10);
        for (var i = 0; i < 2; i++) await journal.AppendAsync(Topic.Reports, 0, [.. Enumerable.Range(0, 10).Select(k => Record($"{i}-{k}"))], Cancel);
        await journal.SaveCheckpointAsync(Topic.Reports, 0, new(20, 10, [], 0), Cancel);
        var before = TimeProvider.System.GetUtcNow().AddMinutes(1);
        await using (var dump = new NpgsqlConnection(Server.ConnectionString))
        {
            await dump.OpenAsync(Cancel);
            await using var transaction = await dump.BeginTransactionAsync(Cancel);
            await using (var read = new NpgsqlCommand($"SELECT count(*) FROM {Schema}.reports_1", dump, transaction)) await read.ExecuteScalarAsync(Cancel);
            Assert.Equal(1, await journal.TrimAsync(Topic.Reports, before, Cancel));
            Assert.Equal(11, (await journal.ReadAsync(Topic.Reports, 0, 0, 1, 1, Cancel))[0].Sequence);
        }
        Assert.Equal(0, await journal.TrimAsync(Topic.Reports, before, Cancel));

        Assert.False(await Server.QueryAsync<bool>($"SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = '{Schema}' AND tablename = 'reports_1')", Cancel));
    }
}
