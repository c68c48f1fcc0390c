using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Monitor.Journal.Sqlite;

namespace Monitor.Journal.Tests.Sqlite;

public sealed class SqliteJournalTests : JournalContract
{
    private readonly string directory = Directory.CreateTempSubdirectory("journal-").FullName;

    private string JournalPath => Path.Combine(directory, "sub", "journal.db");

    [Fact]
    public async Task Open_SecondTime_IsRefusedUntilTheFirstCloses()
    {
        var refused = await Assert.ThrowsAsync<JournalRefusedException>(() => OpenAsync());
        Assert.Contains(JournalPath, refused.Message, StringComparison.Ordinal);
        Assert.Contains("another process", refused.Message, StringComparison.Ordinal);

        await ReopenAsync();
    }

    [Fact]
    public async Task Open_DirectoryThatCannotBe_IsRefusedNamingTheSetting()
    {
        var file = Path.Combine(directory, "file");
        await File.WriteAllTextAsync(file, "", Cancel);
        await using var journal = Create(Path.Combine(file, "journal.db"), Partitions);
        var refused = await Assert.ThrowsAsync<JournalRefusedException>(() => journal.OpenAsync(Cancel));
        Assert.Contains("Monitor:DataDirectory", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_FileThatIsNoJournal_IsRefused()
    {
        var text = Path.Combine(directory, "text.db");
        await File.WriteAllTextAsync(text, new string('x', 20_000), Cancel);
        await using var first = Create(text, Partitions);
        await Assert.ThrowsAsync<JournalRefusedException>(() => first.OpenAsync(Cancel));

        var other = Path.Combine(directory, "other.db");
        await ExecuteAsync(other, "CREATE TABLE t (a)");
        await using var second = Create(other, Partitions);
        await Assert.ThrowsAsync<JournalRefusedException>(() => second.OpenAsync(Cancel));
    }

    [Fact]
    public async Task Open_AfterRefusal_CanBeTriedAgain()
    {
        await using var second = Create(Partitions);
        await Assert.ThrowsAsync<JournalRefusedException>(() => second.OpenAsync(Cancel));
        await Journal.DisposeAsync();
        await second.OpenAsync(Cancel);
        await Assert.ThrowsAsync<InvalidOperationException>(() => second.OpenAsync(Cancel));
    }

    [Fact]
    public async Task Append_FullDisk_IsRefusedLosesNothingAndResumesByItself()
    {
        var kept = new List<JournalRecord>();
        for (var i = 0; i < 30; i++) kept.AddRange(await AppendAsync(0, "a"));
        await ((SqliteJournal)Journal).LimitPagesAsync(1);

        var failures = new List<JournalUnavailableException>();
        while (failures.Count < 3)
        {
            try
            {
                var record = Record("big", 40_000);
                await Journal.AppendAsync(Topic.Reports, 0, [record], Cancel);
                kept.Add(record);
            }
            catch (JournalUnavailableException e)
            {
                failures.Add(e);
            }
        }
        Assert.All(failures, failure => Assert.Contains("full", failure.Message, StringComparison.Ordinal));
        Assert.Contains("full", await Journal.ProbeAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(kept.Count, await Journal.HeadAsync(Topic.Reports, 0, Cancel));

        await ((SqliteJournal)Journal).LimitPagesAsync(1_000_000);
        Assert.Null(await Journal.ProbeAsync(Cancel));
        for (var i = 0; i < 30; i++) kept.AddRange(await AppendAsync(0, "b"));
        AssertSame(kept, await ReadAllAsync(0));
        await ReopenAsync();
        AssertSame(kept, await ReadAllAsync(0));
    }

    [Fact]
    public async Task Copy_OfTheFilesWhileOpen_HasAllThatWasAcknowledged()
    {
        for (var i = 0; i < 90; i++) await AppendAsync(i % Partitions, $"k{i % 7}");
        await Journal.SaveCheckpointAsync(Topic.Reports, 1, new(20, 20, [3], 0), Cancel);

        // Not the -shm file, and no close: what a crash leaves behind.
        var copy = Path.Combine(directory, "copy.db");
        foreach (var suffix in new[] { "", "-wal" })
        {
            await using var from = new FileStream(JournalPath + suffix, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            await using var to = File.Create(copy + suffix);
            await from.CopyToAsync(to, Cancel);
        }
        await using var crashed = Create(copy, Partitions);
        await crashed.OpenAsync(Cancel);

        for (var partition = 0; partition < Partitions; partition++)
            AssertSame(await ReadAllAsync(partition), await crashed.ReadAsync(Topic.Reports, partition, 0, 1000, 1 << 20, Cancel));
        Assert.Equal(20, (await crashed.LoadCheckpointAsync(Topic.Reports, 1, Cancel)).Position);
        AssertSame(
            await Journal.ReadKeyBackwardsAsync(Topic.Reports, 2, "k3", long.MaxValue, 100, Cancel),
            await crashed.ReadKeyBackwardsAsync(Topic.Reports, 2, "k3", long.MaxValue, 100, Cancel));
    }

    [Fact]
    public async Task Trim_DroppedRows_LeaveTheFile()
    {
        for (var i = 0; i < 60; i++) await AppendAsync(0, [.. Enumerable.Range(0, 10).Select(k => $"k{k}")]);
        await CoverAsync(0, 600, 600);
        Clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(30, await Journal.TrimAsync(Topic.Reports, Clock.GetUtcNow(), Cancel));
        // Another segment, to be sealed after them: its index is stored when they are gone.
        await AppendAsync(0, "last");

        await WaitUntilAsync("the rows of dropped segments to go", async () =>
            await ScalarAsync("SELECT count(*) FROM reports") == 1 && await ScalarAsync("SELECT count(*) FROM postings") == 0
            && await ScalarAsync("SELECT count(*) FROM segments WHERE topic = 1") == 1);
        Assert.Equal(["last"], (await ReadAllAsync(0)).Select(record => record.Key));
    }

    [Fact]
    public async Task Segments_Sealed_GetTheirIndexInTheFile()
    {
        for (var i = 0; i < 5; i++) await AppendAsync(0, [.. Enumerable.Repeat("k", SegmentRecords)]);
        await WaitUntilAsync("four segments to be indexed", async () => await ScalarAsync("SELECT count(*) FROM segments WHERE state = 1") == 4);

        Assert.Equal(5 * SegmentRecords, (await Journal.ReadKeyBackwardsAsync(Topic.Reports, 0, "k", long.MaxValue, 1000, Cancel)).Count);
    }

    [Fact]
    public void Options_EveryValueOutOfRange_IsNamed()
    {
        var services = new ServiceCollection().AddLogging().AddSqliteJournal(options =>
        {
            options.Path = " ";
            options.Partitions = 1025;
            options.SegmentRecords = 0;
            options.ReportSegmentAge = TimeSpan.Zero;
            options.EventSegmentAge = TimeSpan.FromDays(366);
            options.TailBytes = -1;
            options.Readers = 65;
        });
        using var provider = services.BuildServiceProvider();

        var invalid = Assert.Throws<OptionsValidationException>(() => { provider.GetRequiredService<IJournal>(); });

        string[] named = ["Path", "Monitor:Partitions is 1025", "SegmentRecords is 0", "ReportSegmentAge", "EventSegmentAge", "TailBytes is -1", "Readers is 65"];
        Assert.Equal(named.Length, invalid.Failures.Count());
        Assert.All(named, name => Assert.Contains(invalid.Failures, failure => failure.Contains(name, StringComparison.Ordinal)));
    }

    protected override IJournal Create(int partitions) => Create(JournalPath, partitions);

    protected override Task MakeNewerAsync() => ExecuteAsync(JournalPath, "UPDATE meta SET value = value + 1 WHERE name = 'version'");

    protected override Task DeleteAsync()
    {
        Directory.Delete(directory, recursive: true);
        return Task.CompletedTask;
    }

    private SqliteJournal Create(string path, int partitions) => new(
        Options.Create(new SqliteJournalOptions { Path = path, Partitions = partitions, SegmentRecords = SegmentRecords, TailBytes = 4096 }),
        Clock,
        NullLogger<SqliteJournal>.Instance);

    private static async Task ExecuteAsync(string path, string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        await connection.OpenAsync(Cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Cancel);
    }

    private async Task<long> ScalarAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={JournalPath};Pooling=False;Mode=ReadOnly");
        await connection.OpenAsync(Cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)(await command.ExecuteScalarAsync(Cancel))!;
    }

    private static async Task WaitUntilAsync(string what, Func<Task<bool>> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Patience);
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, $"Waited {Patience.TotalSeconds} s for {what}.");
            await Task.Delay(20, Cancel);
        }
    }
}
