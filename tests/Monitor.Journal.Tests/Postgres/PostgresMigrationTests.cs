using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Monitor.Journal.Postgres;

namespace Monitor.Journal.Tests.Postgres;

/// <summary>A program of a later version, with steps that are not there yet, opens the journal of this one.</summary>
[Collection(nameof(PostgresFixture))]
public sealed class PostgresMigrationTests(PostgresFixture postgres) : PostgresTest(postgres)
{
    // Each leaves a mark, and would fail where it were done a second time or out of turn.
    private static readonly string[] Later =
    [
        """
        CREATE TABLE {schema}.marks (step integer PRIMARY KEY, schema text);
        INSERT INTO {schema}.marks VALUES (2, {schema_text});
        ALTER TABLE {schema}.writers ADD note text
        """,
        "ALTER TABLE {schema}.marks ADD at timestamptz DEFAULT clock_timestamp(); INSERT INTO {schema}.marks VALUES (3, {schema_text})",
    ];

    [Fact]
    public async Task Open_OlderJournalByProcessesAtOnce_IsMigratedOnceAndKeepsItsRecords()
    {
        var old = await OpenAsync();
        for (var partition = 0; partition < Partitions; partition++) await old.AppendAsync(Topic.Reports, partition, [Record($"{partition}")], Cancel);

        var journals = Enumerable.Range(0, 4).Select(_ => Newer(Later)).ToList();
        await Task.WhenAll(journals.Select(journal => journal.OpenAsync(Cancel))).WaitAsync(Patience, Cancel);

        Assert.Equal("3", await VersionAsync());
        Assert.Equal($"2 {Schema}, 3 {Schema}", await MarksAsync());
        foreach (var journal in journals) await journal.AppendAsync(Topic.Reports, 0, [Record("new")], Cancel);
        // That had it open goes on: it is for the step to allow that, as a rolling upgrade needs it.
        await old.AppendAsync(Topic.Reports, 0, [Record("old")], Cancel);
        Assert.Equal(["0", "new", "new", "new", "new", "old"], (await ReadAllAsync(journals[0], 0)).Select(Text));
        Assert.Equal(["3"], (await ReadAllAsync(journals[0], 3)).Select(Text));
        foreach (var journal in journals) await journal.DisposeAsync();
        Assert.Contains("schema version 3; this program knows up to 1", (await RefusedAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_NoJournal_IsCreatedByAllSteps()
    {
        await using var journal = Newer(Later);
        await journal.OpenAsync(Cancel).WaitAsync(Patience, Cancel);
        await journal.AppendAsync(Topic.Reports, 0, [Record("a")], Cancel);

        Assert.Equal("3", await VersionAsync());
        Assert.Equal($"2 {Schema}, 3 {Schema}", await MarksAsync());
    }

    [Fact]
    public async Task Open_JournalOfAVersionBetween_TakesTheStepsThatAreLeft()
    {
        await OpenAsync();
        await using var second = Newer(Later[..1]);
        await second.OpenAsync(Cancel).WaitAsync(Patience, Cancel);
        Assert.Equal("2", await VersionAsync());

        await using var third = Newer(Later);
        await third.OpenAsync(Cancel).WaitAsync(Patience, Cancel);

        Assert.Equal($"2 {Schema}, 3 {Schema}", await MarksAsync());
    }

    [Fact]
    public async Task Open_StepFails_IsRefusedAndTheJournalIsWhole()
    {
        var old = await OpenAsync();
        await old.AppendAsync(Topic.Reports, 0, [Record("a")], Cancel);
        await using var newer = Newer([Later[0], "ALTER TABLE {schema}.nothing ADD x integer"]);

        var refused = await Assert.ThrowsAsync<JournalRefusedException>(() => newer.OpenAsync(Cancel).WaitAsync(Patience, Cancel));

        Assert.Contains("could not be migrated from schema version 1 to 3", refused.Message, StringComparison.Ordinal);
        Assert.Contains("nothing\" does not exist", refused.Message, StringComparison.Ordinal);
        Assert.Equal("1", await VersionAsync());
        Assert.False(await Server.QueryAsync<bool>($"SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = '{Schema}' AND tablename = 'marks')", Cancel));
        await (await OpenAsync()).AppendAsync(Topic.Reports, 0, [Record("b")], Cancel);
        Assert.Equal(["a", "b"], (await ReadAllAsync(old, 0)).Select(Text));
    }

    [Fact]
    public async Task Open_RightToMigrateIsMissing_IsRefusedNamingWhoMay()
    {
        var role = $"role_{Schema}";
        await OpenAsync();
        await Server.ExecuteAsync(
            $"""
            CREATE ROLE {role} LOGIN PASSWORD 'weak';
            GRANT USAGE, CREATE ON SCHEMA {Schema} TO {role};
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {Schema} TO {role}
            """, Cancel);
        try
        {
            await using var newer = Newer(Later, As(role, "weak"));
            var refused = await Assert.ThrowsAsync<JournalRefusedException>(() => newer.OpenAsync(Cancel).WaitAsync(Patience, Cancel));

            Assert.Contains("from schema version 1 to 3, for which this user lacks a right: must be owner of table writers", refused.Message, StringComparison.Ordinal);
            Assert.Contains("Start once as the owner of the schema", refused.Message, StringComparison.Ordinal);
            Assert.Equal("1", await VersionAsync());
        }
        finally
        {
            await Server.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}", CancellationToken.None);
        }
    }

    private PostgresJournal Newer(IEnumerable<string> later, string? connectionString = null) => new(
        Options.Create(new PostgresJournalOptions { ConnectionString = connectionString ?? Server.ConnectionString, Schema = Schema, Partitions = Partitions }),
        TimeProvider.System,
        NullLogger<PostgresJournal>.Instance)
    {
        SchemaSteps = [.. PostgresSchema.Steps, .. later],
    };

    private Task<string> VersionAsync() => Server.QueryAsync<string>($"SELECT value FROM {Schema}.meta WHERE name = 'version'", Cancel);

    private Task<string> MarksAsync() => Server.QueryAsync<string>($"SELECT string_agg(step || ' ' || schema, ', ' ORDER BY step) FROM {Schema}.marks", Cancel);
}
