using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Monitor.Journal.Postgres;

namespace Monitor.Journal.Tests.Postgres;

[Collection(nameof(PostgresFixture))]
public sealed class PostgresJournalTests(PostgresFixture postgres) : JournalContract
{
    private readonly string schema = postgres.NextSchema();

    protected override IJournal Create(int partitions) => new PostgresJournal(
        Options.Create(new PostgresJournalOptions
        {
            ConnectionString = postgres.Server.ConnectionString, Schema = schema, Partitions = partitions, SegmentRecords = SegmentRecords,
            // The contract's clock stands still, years ago.
            ClockTolerance = TimeSpan.FromDays(10_000),
        }),
        Clock,
        NullLogger<PostgresJournal>.Instance);

    protected override Task MakeNewerAsync() => postgres.Server.ExecuteAsync($"UPDATE {schema}.meta SET value = '2' WHERE name = 'version'", Cancel);

    protected override Task DeleteAsync() => postgres.Server.ExecuteAsync($"DROP SCHEMA IF EXISTS {schema} CASCADE", CancellationToken.None);
}
