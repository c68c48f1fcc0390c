using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Monitor.Journal.Postgres;
using Monitor.Testing;
using Monitor.Testing.Postgres;
using Npgsql;

namespace Monitor.Journal.Tests.Postgres;

[Collection(nameof(PostgresFixture))]
public sealed class PostgresOpeningTests(PostgresFixture postgres) : PostgresTest(postgres)
{
    [Fact]
    public async Task Open_ProcessesAtOnce_CreateOneSchemaTogether()
    {
        var journals = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => OpenAsync()));
        foreach (var journal in journals) await journal.AppendAsync(Topic.Reports, 0, [Record("a")], Cancel);
        Assert.Equal(4, await journals[0].HeadAsync(Topic.Reports, 0, Cancel));
    }

    [Fact]
    public async Task Open_OtherCluster_IsRefusedNamingBoth()
    {
        await OpenAsync(options => options.ClusterId = "blue");
        var refused = await RefusedAsync(options => options.ClusterId = "green");
        Assert.Contains("'blue'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'green'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WrongPasswordOrDatabase_IsRefusedNamingTheSetting()
    {
        var password = await RefusedAsync(options => options.ConnectionString = As(PostgresServer.User, "wrong"));
        Assert.Contains("Monitor:Postgres:ConnectionString", password.Message, StringComparison.Ordinal);
        Assert.Contains("password", password.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", password.ToString(), StringComparison.Ordinal);

        var database = await RefusedAsync(options => options.ConnectionString += ";Database=nowhere");
        Assert.Contains("\"nowhere\" does not exist", database.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_LeastRights_AreEnoughAndFewerAreNamed()
    {
        var role = $"role_{Schema}";
        await Server.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD 'weak'", Cancel);
        try
        {
            void AsRole(PostgresJournalOptions options) => (options.ConnectionString, options.SegmentRecords) = (As(role, "weak"), 10);
            var none = await RefusedAsync(AsRole);
            Assert.Contains("CREATE on the database", none.Message, StringComparison.Ordinal);

            await PostgresJournalSchema.CreateAsync(new() { ConnectionString = Server.ConnectionString, Schema = Schema, Partitions = Partitions }, Cancel);
            await Server.ExecuteAsync(
                $"""
                GRANT USAGE, CREATE ON SCHEMA {Schema} TO {role};
                GRANT SELECT, INSERT, UPDATE, DELETE ON {Schema}.heads, {Schema}.segments, {Schema}.writers, {Schema}.snapshots TO {role};
                GRANT SELECT, UPDATE ON {Schema}.meta TO {role};
                """, Cancel);
            var some = await RefusedAsync(AsRole);
            Assert.Contains($"DELETE on {Schema}.checkpoints", some.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("heads", some.Message, StringComparison.Ordinal);

            await Server.ExecuteAsync($"GRANT SELECT, INSERT, UPDATE, DELETE ON {Schema}.checkpoints TO {role}", Cancel);
            var journal = await OpenAsync(AsRole);
            for (var i = 0; i < 3; i++) await journal.AppendAsync(Topic.Reports, 0, [.. Enumerable.Range(0, 10).Select(k => Record($"{k}"))], Cancel);
            Assert.True(await journal.CommitAsync(new(0, new("k", 1, 1, []), 0, [(1, Record("event"))]), Cancel));
            await journal.SaveSnapshotsAsync(Topic.Reports, 0, [new("k", 2, 2, [])], Cancel);
            await journal.DeleteSnapshotsAsync(Topic.Reports, 0, ["k"], Cancel);
            await journal.SaveCheckpointAsync(Topic.Reports, 0, new(30, 30, [], 0), Cancel);
            await journal.BeatAsync(Topic.Reports, [0], 1, Cancel);
            Assert.Equal(3, await journal.TrimAsync(Topic.Reports, TimeProvider.System.GetUtcNow().AddMinutes(1), Cancel));
            Assert.False(await Server.QueryAsync<bool>($"SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = '{Schema}' AND tablename = 'reports_1')", Cancel));
            await journal.DisposeAsync();
        }
        finally
        {
            await Server.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}", CancellationToken.None);
        }
    }

    [Fact]
    public async Task Open_ClockOffByAnHour_IsRefused()
    {
        var refused = await RefusedAsync(time: new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(1)));
        Assert.Contains("ahead of", refused.Message, StringComparison.Ordinal);
        Assert.Contains("clock", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_ServerIsAway_WaitsSaysSoAndOpensOnceItComes()
    {
        var log = new MessageLog();
        await Server.StopAsync(Cancel);
        var opening = Create(logger: log).OpenAsync(Cancel);
        using var impatience = new CancellationTokenSource();
        var cancelled = Create().OpenAsync(impatience.Token);
        try
        {
            await Eventually.UntilAsync("it says that it waits", () => log.Messages.Any(message => message.StartsWith("Waiting for the journal", StringComparison.Ordinal)), cancellationToken: Cancel);
            await impatience.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(Patience, Cancel));
            Assert.False(opening.IsCompleted);
        }
        finally
        {
            await Server.StartAgainAsync(Cancel);
        }
        await opening.WaitAsync(Patience, Cancel);
        Assert.DoesNotContain(log.Messages, message => message.Contains(PostgresServer.Password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Open_SeveralHosts_UsesTheOneThatIsThere()
    {
        var nowhere = Monitor.Testing.Processes.Ports.Free();
        var hosts = new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Host = $"127.0.0.1:{nowhere},127.0.0.1:{Server.Port}" }.ConnectionString;
        var journal = await OpenAsync(options => options.ConnectionString = hosts + ";Target Session Attributes=primary");
        await journal.AppendAsync(Topic.Reports, 0, [Record("a")], Cancel);
        Assert.Equal(["a"], (await ReadAllAsync(journal, 0)).Select(Text));
    }

    [Fact]
    public async Task Append_KeyThatIsNoText_IsRefusedAndHarmsNoOther()
    {
        var journal = await OpenAsync();
        var good = journal.AppendAsync(Topic.Reports, 0, [Record("a")], Cancel);
        await Assert.ThrowsAsync<ArgumentException>(async () => await journal.AppendAsync(Topic.Reports, 0, [new("a\0b", [])], Cancel));
        await Assert.ThrowsAsync<ArgumentException>(async () => await journal.AppendAsync(Topic.Reports, 0, [new("a\ud800", [])], Cancel));
        await good;
    }

    [Fact]
    public void Options_EveryValueOutOfRange_IsNamed()
    {
        var services = new ServiceCollection().AddLogging().AddPostgresJournal(options =>
        {
            options.ConnectionString = "Password=hidden;Nonsense=1";
            options.Schema = "a b";
            options.ClusterId = "";
            options.Partitions = 0;
            options.SegmentRecords = 0;
            options.ReportSegmentAge = TimeSpan.Zero;
            options.EventSegmentAge = TimeSpan.FromDays(366);
            options.Writers = 65;
            options.Readers = 1;
            options.Patience = TimeSpan.Zero;
            options.ClockTolerance = TimeSpan.Zero;
        });
        using var provider = services.BuildServiceProvider();

        var invalid = Assert.Throws<OptionsValidationException>(() => { provider.GetRequiredService<IJournal>(); });

        string[] named =
        [
            "ConnectionString", "Schema is 'a b'", "ClusterId", "Monitor:Partitions is 0", "SegmentRecords is 0", "ReportSegmentAge", "EventSegmentAge", "Writers is 65",
            "Readers is 1", "Patience", "ClockTolerance",
        ];
        Assert.Equal(named.Length, invalid.Failures.Count());
        Assert.All(named, name => Assert.Contains(invalid.Failures, failure => failure.Contains(name, StringComparison.Ordinal)));
        Assert.DoesNotContain("hidden", invalid.Message, StringComparison.Ordinal);
    }
}
