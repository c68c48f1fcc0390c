using Microsoft.Extensions.Time.Testing;
using Monitor.Testing;

namespace Monitor.Journal.Tests.Postgres;

/// <summary>Segments are sealed by their age, and their tables go once all of it is older than the retention.</summary>
[Collection(nameof(PostgresFixture))]
public sealed class PostgresRetentionTests(PostgresFixture postgres) : PostgresTest(postgres)
{
    private static readonly TimeSpan Age = TimeSpan.FromHours(1);
    private static readonly TimeSpan Retention = TimeSpan.FromHours(3);

    private readonly FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow());

    [Theory]
    [InlineData(Topic.Reports)]
    [InlineData(Topic.Events)]
    public async Task Trim_SegmentsSealedByAge_DropsTheTablesOfThoseThatAreOlderThanTheRetention(Topic topic)
    {
        var journal = await OpenAgedAsync();
        await AppendHourlyAsync(journal, topic, hours: 5);
        foreach (var partition in new[] { 0, 1 }) await journal.SaveCheckpointAsync(topic, partition, new(10, 10, [], 0), Cancel);

        // Now 5:00. A segment has the hour from 0:00, the next that from 1:00; and of them the first two have ended before 2:00.
        Assert.Equal(2, await journal.TrimAsync(topic, clock.GetUtcNow() - Retention, Cancel));

        await HasTablesAsync(topic, first: 3);
        Assert.Equal(5, (await journal.ReadAsync(topic, 0, 0, 1, 1, Cancel))[0].Sequence);
        Assert.Equal(0, await journal.TrimAsync(topic, clock.GetUtcNow() - Retention, Cancel));
        clock.Advance(Age);
        Assert.Equal(1, await journal.TrimAsync(topic, clock.GetUtcNow() - Retention, Cancel));
        await HasTablesAsync(topic, first: 4);
        // Where nothing comes any more, the last is sealed by its age too.
        clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(2, await journal.TrimAsync(topic, clock.GetUtcNow() - Retention, Cancel));
        await HasTablesAsync(topic, first: 6);
        Assert.Empty(await journal.ReadAsync(topic, 0, 0, 1, 1, Cancel));
        Assert.Equal(10, await journal.HeadAsync(topic, 0, Cancel));
    }

    [Theory]
    [InlineData(10, 3)]
    [InlineData(3, 10)]
    public async Task Trim_CheckpointIsBehind_KeepsWhatItStillNeedsHoweverOld(long position, long floor)
    {
        var journal = await OpenAgedAsync();
        await AppendHourlyAsync(journal, Topic.Reports, hours: 5);
        await journal.SaveCheckpointAsync(Topic.Reports, 0, new(10, 10, [], 0), Cancel);
        await journal.SaveCheckpointAsync(Topic.Reports, 1, new(position, floor, [], 0), Cancel);
        clock.Advance(TimeSpan.FromDays(30));

        // Two records an hour: the third is in the second hour's segment.
        Assert.Equal(1, await journal.TrimAsync(Topic.Reports, clock.GetUtcNow() - Retention, Cancel));

        await HasTablesAsync(Topic.Reports, first: 2);
        Assert.Equal(3, (await journal.ReadAsync(Topic.Reports, 1, 0, 1, 1, Cancel))[0].Sequence);
        await journal.SaveCheckpointAsync(Topic.Reports, 1, new(10, 10, [], 0), Cancel);
        Assert.Equal(4, await journal.TrimAsync(Topic.Reports, clock.GetUtcNow() - Retention, Cancel));
    }

    private Task<IJournal> OpenAgedAsync() => OpenAsync(
        options => (options.ReportSegmentAge, options.EventSegmentAge, options.ClockTolerance) = (Age, Age, TimeSpan.FromDays(100)), clock);

    // Two records of each of two partitions at the beginning of each hour.
    private async Task AppendHourlyAsync(IJournal journal, Topic topic, int hours)
    {
        for (var hour = 0; hour < hours; hour++)
        {
            foreach (var partition in new[] { 0, 1 }) await journal.AppendAsync(topic, partition, [Record($"{hour}"), Record($"{hour}")], Cancel);
            clock.Advance(Age);
        }
    }

    // The segment that is open, or will be with the next record, is the sixth; one is made ahead of it.
    private async Task HasTablesAsync(Topic topic, int first)
    {
        var name = topic == Topic.Reports ? "reports" : "events";
        var expected = string.Join(',', Enumerable.Range(first, 7 - first + 1));
        await Eventually.GetAsync(
            $"the tables are {expected}",
            cancel => Server.QueryAsync<string>(
                $"SELECT string_agg(n::text, ',' ORDER BY n) FROM (SELECT split_part(tablename, '_', 2)::bigint n FROM pg_tables WHERE schemaname = '{Schema}' AND tablename LIKE '{name}\\_%') t", cancel),
            tables => tables == expected,
            cancellationToken: Cancel);
    }
}
