using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Monitor.Journal.Postgres;
using Monitor.Testing;
using Monitor.Testing.Postgres;
using Npgsql;

namespace Monitor.Journal.Tests.Postgres;

/// <summary>A test with a schema of its own, and as many journals on it as it likes: each is what a process has.</summary>
public abstract class PostgresTest(PostgresFixture postgres) : IAsyncLifetime
{
    protected const int Partitions = 4;

    private readonly List<IJournal> opened = [];

    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    protected string Schema { get; } = postgres.NextSchema();

    protected PostgresServer Server => postgres.Server;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        foreach (var journal in opened) await journal.DisposeAsync();
        await Server.ExecuteAsync($"DROP SCHEMA IF EXISTS {Schema} CASCADE", CancellationToken.None);
        GC.SuppressFinalize(this);
    }

    private protected IJournal Create(Action<PostgresJournalOptions>? configure = null, TimeProvider? time = null, ILogger<PostgresJournal>? logger = null)
    {
        var options = new PostgresJournalOptions { ConnectionString = Server.ConnectionString, Schema = Schema, Partitions = Partitions };
        configure?.Invoke(options);
        var journal = new PostgresJournal(Options.Create(options), time ?? TimeProvider.System, logger ?? NullLogger<PostgresJournal>.Instance);
        opened.Add(journal);
        return journal;
    }

    private protected async Task<IJournal> OpenAsync(Action<PostgresJournalOptions>? configure = null, TimeProvider? time = null, ILogger<PostgresJournal>? logger = null)
    {
        var journal = Create(configure, time, logger);
        await journal.OpenAsync(Cancel).WaitAsync(Patience, Cancel);
        return journal;
    }

    private protected async Task<JournalRefusedException> RefusedAsync(Action<PostgresJournalOptions>? configure = null, TimeProvider? time = null)
    {
        var refused = await Assert.ThrowsAsync<JournalRefusedException>(() => Create(configure, time).OpenAsync(Cancel).WaitAsync(Patience, Cancel));
        Assert.DoesNotContain(PostgresServer.Password, refused.ToString(), StringComparison.Ordinal);
        return refused;
    }

    protected string As(string user, string password) => new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Username = user, Password = password }.ConnectionString;

    private protected static JournalRecord Record(string text) => new("key", Encoding.UTF8.GetBytes(text));

    private protected static string Text(JournalRecord record) => Encoding.UTF8.GetString(record.Payload);

    private protected static async Task<List<JournalRecord>> ReadAllAsync(IJournal journal, int partition, Topic topic = Topic.Reports)
    {
        var all = new List<JournalRecord>();
        while (await journal.ReadAsync(topic, partition, all.Count, 1000, 1 << 20, Cancel) is { Count: > 0 } page) all.AddRange(page);
        Assert.Equal(Enumerable.Range(1, all.Count).Select(i => (long)i), all.Select(record => record.Sequence));
        return all;
    }

    /// <summary>Waits until the listeners of so many processes listen, and have looked.</summary>
    protected Task LookedAsync(int processes) => Eventually.UntilAsync(
        "they have looked at the heads",
        async cancel => await Server.QueryAsync<long>(
            $"SELECT count(*) FROM pg_stat_activity WHERE application_name = 'monitor-journal' AND state = 'idle' AND query = 'SELECT topic, partition, head FROM \"{Schema}\".heads'", cancel) == processes,
        cancellationToken: Cancel);

    /// <summary>A call that writes one report, as another process would make it.</summary>
    protected string WriteGroup(Guid writer, long group, int partition, string text) =>
        $$"""
        SELECT {{Schema}}.write_group('{{writer}}', {{group}}, 1, '{1}', '{{{partition}}}', '{1}', '{{{partition}}}', '{1}', '{7}', '{other}', ARRAY['{{text}}'::bytea],
            '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')
        """;
}
