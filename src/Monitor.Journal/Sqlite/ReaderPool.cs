using System.Collections.Concurrent;

namespace Monitor.Journal.Sqlite;

/// <summary>Connections that read, so many at a time; reads run on the thread pool, as SQLite's calls block.</summary>
internal sealed class ReaderPool(string path, int most) : IAsyncDisposable
{
    private readonly ConcurrentBag<ReadSession> idle = [];
    private readonly SemaphoreSlim free = new(most);
    private volatile bool closed;

    /// <exception cref="JournalUnavailableException">The file cannot be read.</exception>
    public async Task<T> ReadAsync<T>(Func<ReadSession, T> read, CancellationToken cancellationToken)
    {
        await free.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(closed, typeof(SqliteJournal));
            return await Task.Run(() => Read(read), cancellationToken);
        }
        finally
        {
            free.Release();
        }
    }

    /// <summary>Waits for the reads that run, refuses those that wait, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        closed = true;
        for (var i = 0; i < most; i++) await free.WaitAsync();
        while (idle.TryTake(out var session)) session.Dispose();
        free.Release(most);
    }

    private T Read<T>(Func<ReadSession, T> read)
    {
        ReadSession? session = null;
        try
        {
            if (!idle.TryTake(out session)) session = new ReadSession(path);
            var answer = read(session);
            idle.Add(session);
            return answer;
        }
        catch (Exception e)
        {
            // Its statements may be in the middle of something.
            session?.Dispose();
            if (e is Microsoft.Data.Sqlite.SqliteException) throw new JournalUnavailableException($"The journal '{path}' cannot be read: {e.Message}", e);
            throw;
        }
    }
}
