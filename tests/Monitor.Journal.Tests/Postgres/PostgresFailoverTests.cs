using System.Collections.Concurrent;
using Monitor.Journal.Postgres;
using Monitor.Testing;

namespace Monitor.Journal.Tests.Postgres;

/// <summary>A standby takes the place of a primary, and has all that was acknowledged.</summary>
[Collection(nameof(PostgresFixture))]
public sealed class PostgresFailoverTests(PostgresFixture postgres) : PostgresTest(postgres)
{
    private readonly ConcurrentDictionary<string, (int Partition, long Sequence)> acknowledged = new();
    private readonly ConcurrentDictionary<int, long> read = new();

    [Fact]
    public async Task Append_PrimaryDiesAndItsStandbyTakesOver_EveryAcknowledgedRecordIsThereOnceAndReadersGoOn()
    {
        await using var pair = await PostgresPair.StartAsync(synchronous: true, Cancel);
        var log = new MessageLog();
        void Both(PostgresJournalOptions options) => options.ConnectionString = pair.ConnectionString;
        IJournal[] journals = [await OpenAsync(Both, logger: log), await OpenAsync(Both)];
        using var enough = new CancellationTokenSource();
        var load = journals.SelectMany((journal, process) => Enumerable.Range(0, 6).Select(writer => Task.Run(() => WriteAsync(journal, process, writer, enough.Token), Cancel))).ToArray();
        using var end = new CancellationTokenSource();
        var readers = journals.SelectMany((journal, process) => Enumerable.Range(0, Partitions).Select(partition =>
            Task.Run(() => ReadAsync(journal, process * Partitions + partition, partition, end.Token), Cancel))).ToArray();
        await MoreAsync();

        await pair.FailOverAsync(Cancel);
        await MoreAsync();
        await Eventually.UntilAsync("it is told of appends again", () => log.Messages.Any(message => message.Contains("tells of appends again", StringComparison.Ordinal)), cancellationToken: Cancel);
        // The first of the two hosts is there again, and is not the one to write to.
        await pair.Primary.RejoinAsync(pair.Standby, Cancel);
        await MoreAsync();
        Assert.True(await pair.Primary.IsStandbyAsync(Cancel));
        await enough.CancelAsync();
        await Task.WhenAll(load).WaitAsync(Patience, Cancel);

        var stored = new Dictionary<string, (int, long)>();
        for (var partition = 0; partition < Partitions; partition++)
        {
            var all = await ReadAllAsync(journals[0], partition);
            foreach (var record in all) Assert.True(stored.TryAdd(Text(record), (partition, record.Sequence)), $"{Text(record)} is there twice");
            await Eventually.UntilAsync("readers have read it", () => journals.Select((_, process) => read[process * Partitions + partition]).All(last => last == all.Count), cancellationToken: Cancel);
        }
        await end.CancelAsync();
        await Task.WhenAll(readers).WaitAsync(Patience, Cancel);
        // All were acknowledged in the end, so there is nothing else.
        Assert.Equal(acknowledged.Count, stored.Count);
        Assert.All(acknowledged, record => Assert.Equal(record.Value, stored[record.Key]));
        Assert.All(journals, journal => Assert.False(journal.Lost.IsCompleted));

        async Task MoreAsync()
        {
            var before = acknowledged.Count;
            await Eventually.UntilAsync(
                "records are acknowledged", () => acknowledged.Count > before + 300 || load.Concat(readers).Any(task => task.IsFaulted), cancellationToken: Cancel);
            await Task.WhenAll(load.Concat(readers).Where(task => task.IsFaulted));
        }
    }

    [Fact]
    public async Task Append_FirstProcessOfThePrimaryIsKilled_EveryAcknowledgedRecordIsThereOnce()
    {
        await using var pair = await PostgresPair.StartAsync(synchronous: true, Cancel);
        void Both(PostgresJournalOptions options) => options.ConnectionString = pair.ConnectionString;
        IJournal[] journals = [await OpenAsync(Both), await OpenAsync(Both)];
        using var enough = new CancellationTokenSource();
        // Its sessions outlive it by a moment, in which some may see what no standby has. Whoever did is told so, and ends as a process would.
        var load = journals.SelectMany((journal, process) => Enumerable.Range(0, 6).Select(async writer =>
        {
            try
            {
                await WriteAsync(journal, process, writer, enough.Token);
            }
            catch (JournalLostException)
            {
                // Nothing of it was acknowledged.
            }
        })).ToArray();
        await Eventually.UntilAsync("records are acknowledged", () => acknowledged.Count > 300, cancellationToken: Cancel);

        await pair.FailOverAsync(Cancel, firstOnly: true);
        var before = acknowledged.Count;
        await Eventually.UntilAsync("records are acknowledged again, or nobody is left", () => acknowledged.Count > before + 300 || load.All(task => task.IsCompleted), cancellationToken: Cancel);
        await enough.CancelAsync();
        await Task.WhenAll(load).WaitAsync(Patience, Cancel);

        var again = await OpenAsync(Both);
        var stored = new Dictionary<string, (int, long)>();
        for (var partition = 0; partition < Partitions; partition++)
        {
            foreach (var record in await ReadAllAsync(again, partition)) Assert.True(stored.TryAdd(Text(record), (partition, record.Sequence)), $"{Text(record)} is there twice");
        }
        Assert.All(acknowledged, record => Assert.Equal(record.Value, stored[record.Key]));
    }

    [Fact]
    public async Task Append_StandbyIsAwayForTooLong_IsNotAcknowledgedUntilItHasTheRecord()
    {
        await using var pair = await PostgresPair.StartAsync(synchronous: true, Cancel);
        var journal = await OpenAsync(options => (options.ConnectionString, options.Patience) = (pair.ConnectionString + ";Command Timeout=1", TimeSpan.FromSeconds(4)));
        await journal.AppendAsync(Topic.Reports, 0, [Record("a")], Cancel);
        await pair.Standby.StopAsync(Cancel);

        // The server is told to give up the wait, has the record, and says so: that is no answer.
        var unconfirmed = await Assert.ThrowsAsync<JournalUnavailableException>(async () => await journal.AppendAsync(Topic.Reports, 0, [Record("b")], Cancel));

        await pair.Standby.StartAgainAsync(Cancel);
        await Eventually.UntilAsync("the journal can be written", async cancel => await journal.ProbeAsync(cancel) is null, cancellationToken: Cancel);
        await journal.AppendAsync(Topic.Reports, 0, [Record("c")], Cancel);
        await pair.FailOverAsync(Cancel);
        await journal.AppendAsync(Topic.Reports, 0, [Record("d")], Cancel);
        Assert.Equal(["a", "b", "c", "d"], (await ReadAllAsync(journal, 0)).Select(Text));
        Assert.False(journal.Lost.IsCompleted, unconfirmed.Message);
    }

    private async Task WriteAsync(IJournal journal, int process, int writer, CancellationToken enough)
    {
        for (var i = 0; !enough.IsCancellationRequested; i++)
        {
            var records = Enumerable.Range(0, 3).Select(k => Record($"{process}-{writer}-{i}-{k}")).ToArray();
            await journal.AppendAsync(Topic.Reports, (writer + i) % Partitions, records, Cancel);
            foreach (var record in records) acknowledged[Text(record)] = ((writer + i) % Partitions, record.Sequence);
        }
    }

    private async Task ReadAsync(IJournal journal, int reader, int partition, CancellationToken end)
    {
        try
        {
            for (var last = 0L; ; read[reader] = last)
            {
                await journal.WaitAsync(Topic.Reports, partition, last, end);
                foreach (var record in await journal.ReadAsync(Topic.Reports, partition, last, 100, 1 << 20, end)) Assert.Equal(++last, record.Sequence);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Enough was read.
        }
    }
}
