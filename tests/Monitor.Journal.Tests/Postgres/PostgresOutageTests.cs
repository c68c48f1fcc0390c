using System.Collections.Concurrent;
using Monitor.Testing;
using Npgsql;

namespace Monitor.Journal.Tests.Postgres;

[Collection(nameof(PostgresFixture))]
public sealed class PostgresOutageTests(PostgresFixture postgres) : PostgresTest(postgres)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Append_ConnectionBreaks_IsThereOnceWhetherTheServerHadItOrNot(bool afterAnswer)
    {
        await using var proxy = new CuttingProxy(Server.Port);
        var journal = await OpenAsync(options => options.ConnectionString = new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Port = proxy.Port }.ConnectionString);
        await journal.AppendAsync(Topic.Reports, 0, [Record("before")], Cancel);
        proxy.Arm("the one that breaks", afterAnswer);

        var record = Record("the one that breaks");
        await journal.AppendAsync(Topic.Reports, 0, [record], Cancel).AsTask().WaitAsync(Patience, Cancel);
        await journal.AppendAsync(Topic.Reports, 0, [Record("after")], Cancel);

        Assert.Equal(1, proxy.Cuts);
        Assert.Equal(["before", "the one that breaks", "after"], (await ReadAllAsync(journal, 0)).Select(Text));
        Assert.Equal(2, record.Sequence);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commit_ConnectionBreaks_AnswersWhatTheServerDecided(bool afterAnswer)
    {
        await using var proxy = new CuttingProxy(Server.Port);
        var journal = await OpenAsync(options => options.ConnectionString = new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Port = proxy.Port }.ConnectionString);
        proxy.Arm("first event", afterAnswer);
        Assert.True(await journal.CommitAsync(new(0, new("k", 1, 1, []), 0, [(1, Record("first event"))]), Cancel));
        proxy.Arm("refused event", afterAnswer);
        Assert.False(await journal.CommitAsync(new(0, new("k", 1, 1, []), 0, [(1, Record("refused event"))]), Cancel));

        Assert.Equal(2, proxy.Cuts);
        Assert.Equal(["first event"], (await ReadAllAsync(journal, 1, Topic.Events)).Select(Text));
    }

    [Fact]
    public async Task Append_ServerCrashesUnderLoad_EveryAcknowledgedRecordIsThereOnce()
    {
        IJournal[] journals = [await OpenAsync(), await OpenAsync()];
        using var enough = new CancellationTokenSource();
        var acknowledged = new ConcurrentDictionary<string, (int Partition, long Sequence)>();
        var load = journals.SelectMany((journal, process) => Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; !enough.IsCancellationRequested; i++)
            {
                var records = Enumerable.Range(0, 3).Select(k => Record($"{process}-{writer}-{i}-{k}")).ToArray();
                await journal.AppendAsync(Topic.Reports, (writer + i) % Partitions, records, Cancel);
                foreach (var record in records) acknowledged[Text(record)] = ((writer + i) % Partitions, record.Sequence);
            }
        }, Cancel))).ToArray();

        for (var round = 0; round < 3; round++)
        {
            var before = acknowledged.Count;
            await Eventually.UntilAsync("records are acknowledged", () => acknowledged.Count > before + 200 || load.Any(task => task.IsFaulted), cancellationToken: Cancel);
            await (round == 1 ? Server.KillAsync(Cancel) : Server.CrashAsync(Cancel));
            await Server.StartAgainAsync(Cancel);
        }
        var last = acknowledged.Count;
        await Eventually.UntilAsync("records are acknowledged again", () => acknowledged.Count > last + 200 || load.Any(task => task.IsFaulted), cancellationToken: Cancel);
        await enough.CancelAsync();
        await Task.WhenAll(load).WaitAsync(Patience, Cancel);

        var stored = new Dictionary<string, (int, long)>();
        for (var partition = 0; partition < Partitions; partition++)
        {
            foreach (var record in await ReadAllAsync(journals[0], partition)) Assert.True(stored.TryAdd(Text(record), (partition, record.Sequence)), $"{Text(record)} is there twice");
        }
        // All were acknowledged in the end, so there is nothing else.
        Assert.Equal(acknowledged.Count, stored.Count);
        Assert.All(acknowledged, record => Assert.Equal(record.Value, stored[record.Key]));
    }

    [Fact]
    public async Task Calls_ServerIsAwayTooLong_AreUnavailableAndWorkOnceItIsBack()
    {
        var journal = await OpenAsync(options => options.Patience = TimeSpan.FromSeconds(1));
        await Server.StopAsync(Cancel);
        try
        {
            await Assert.ThrowsAsync<JournalUnavailableException>(async () => await journal.AppendAsync(Topic.Reports, 0, [Record("lost")], Cancel));
            await Assert.ThrowsAsync<JournalUnavailableException>(async () => await journal.ReadAsync(Topic.Reports, 0, 0, 1, 1, Cancel));
            Assert.NotNull(await journal.ProbeAsync(Cancel));
        }
        finally
        {
            await Server.StartAgainAsync(Cancel);
        }
        var waiting = journal.WaitAsync(Topic.Reports, 0, 0, Cancel);

        await Eventually.UntilAsync("the journal can be written", async cancel => await journal.ProbeAsync(cancel) is null, cancellationToken: Cancel);
        await journal.AppendAsync(Topic.Reports, 0, [Record("kept")], Cancel);

        await waiting.WaitAsync(Patience, Cancel);
        Assert.Equal(["kept"], (await ReadAllAsync(journal, 0)).Select(Text));
    }

    [Fact]
    public async Task Wait_ListenerLosesItsConnection_HearsAgain()
    {
        var (writing, waiting) = (await OpenAsync(), await OpenAsync());
        await Server.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'monitor-journal'", Cancel);

        for (var sequence = 0; sequence < 3; sequence++)
        {
            var woken = waiting.WaitAsync(Topic.Reports, 0, sequence, Cancel);
            await writing.AppendAsync(Topic.Reports, 0, [Record("a")], Cancel);
            await woken.WaitAsync(Patience, Cancel);
        }
    }
}
