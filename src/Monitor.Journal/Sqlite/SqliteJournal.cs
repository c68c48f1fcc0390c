using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SQLitePCL;

namespace Monitor.Journal.Sqlite;

/// <summary>The journal of one process: one SQLite file with a write-ahead log, one writer that commits in groups, and a tail of newest records in memory.</summary>
internal sealed partial class SqliteJournal(IOptions<SqliteJournalOptions> options, TimeProvider time, ILogger<SqliteJournal> logger) : IJournal
{
    private static readonly Topic[] AllTopics = [Topic.Reports, Topic.Events];

    private readonly SqliteJournalOptions options = options.Value;
    private readonly Lock gate = new();
    private volatile OpenJournal? open;
    private Task? opening;
    private Task? closing;

    public int Partitions => options.Partitions;

    public Task OpenAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closing is not null, this);
            if (opening is { IsFaulted: false, IsCanceled: false }) throw new InvalidOperationException("The journal is opened once.");
            // It may have to read a segment, which takes a second.
            return opening = Task.Run(Open, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task ends;
        lock (gate) ends = closing ??= CloseAsync();
        await ends;
    }

    private void Open()
    {
        var held = FileLock.Take(options.Path);
        Database? database = null;
        JournalWriter? writer = null;
        try
        {
            database = Database.OpenWriter(options.Path);
            Schema.Prepare(database, options.Path, options.Partitions);
            var topics = Array.ConvertAll(AllTopics, topic => new TopicLog(topic, options.Partitions));
            var (unindexed, dropped) = (new List<Segment>(), new List<Segment>());
            foreach (var topic in topics) SegmentStore.Load(database, topic, unindexed, dropped);
            writer = new JournalWriter(database, topics, database.Scalar("SELECT max(segment) FROM segments") ?? 0, options, time, logger);
            writer.Resume(unindexed, dropped);
            writer.Start();
            open = new(held, database, topics, writer, new(options.Path, options.Readers));
            LogOpened(logger, options.Path, options.Partitions, topics.Sum(topic => topic.Segments.Length));
        }
        catch (Exception e)
        {
            writer?.Dispose();
            database?.Dispose();
            held.Dispose();
            if (e is not SqliteException { SqliteErrorCode: var code }) throw;
            if (code is raw.SQLITE_NOTADB) throw new JournalRefusedException($"'{options.Path}' is not a journal: set Monitor:DataDirectory to another directory.", e);
            if (code is raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_AUTH) throw FileLock.Unusable(options.Path, e);
            throw new JournalUnavailableException($"The journal '{options.Path}' cannot be opened: {e.Message}", e);
        }
    }

    private async Task CloseAsync()
    {
        if (opening is not null) await opening.ContinueWith(_ => { }, TaskScheduler.Default);
        if (open is not { } journal) return;
        journal.Writer.Complete();
        await journal.Writer.Completion;
        foreach (var log in journal.Topics.SelectMany(topic => topic.Partitions)) log.Close(new ObjectDisposedException(nameof(SqliteJournal)));
        await journal.Readers.DisposeAsync();
        journal.Writer.Dispose();
        // The last connection to close copies the write-ahead log into the file.
        await Task.Run(journal.Database.Dispose);
        journal.Lock.Dispose();
        LogClosed(logger, options.Path);
    }

    private OpenJournal Opened()
    {
        var journal = open ?? throw new InvalidOperationException("The journal is not open: OpenAsync comes first.");
        ObjectDisposedException.ThrowIf(closing is not null, this);
        return journal;
    }

    private TopicLog OpenTopic(Topic topic, int partition)
    {
        var journal = Opened();
        Rules.CheckPartition(topic, partition, options.Partitions);
        return journal.Topics[(int)topic - 1];
    }

    private sealed record OpenJournal(FileLock Lock, Database Database, TopicLog[] Topics, JournalWriter Writer, ReaderPool Readers);
}
