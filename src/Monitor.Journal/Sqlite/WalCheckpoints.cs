using Microsoft.Extensions.Logging;

namespace Monitor.Journal.Sqlite;

/// <summary>
/// Copies the write-ahead log into the file. Most of it on a connection and a thread of its own while the writer goes on; then, as the log only starts anew where
/// nothing in it is left to copy, the writer copies the little that came meanwhile. Left to SQLite, a commit now and then would wait for the whole of it.
/// </summary>
internal sealed partial class WalCheckpoints(Database writer, string path, ILogger logger) : IDisposable
{
    /// <summary>Pages of 16 KiB to write between two copies: 64 MiB.</summary>
    private const int PagesBetween = 4096;

    /// <summary>What the writer may be left to copy: 4 MiB, some milliseconds.</summary>
    private const int PagesForWriter = 256;

    private readonly Database background = Database.OpenCheckpointer(path);
    private Task? running;
    private int written;
    private volatile bool failing;

    /// <summary>Called by the writer between groups.</summary>
    public void RunIfDue()
    {
        written += writer.TakePagesWritten();
        if (running is { IsCompleted: true })
        {
            running = null;
            Try(() => writer.Checkpoint());
        }
        else if (running is null && written >= PagesBetween)
        {
            written = 0;
            running = Task.Factory.StartNew(CopyMost, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    /// <summary>Copies at the next chance: on a full disk, a log that starts anew has room without growing.</summary>
    public void MakeDue() => written = PagesBetween;

    public void Dispose()
    {
        running?.GetAwaiter().GetResult();
        background.Dispose();
    }

    private void CopyMost() => Try(() =>
    {
        // More than a few rounds would mean that the writer outruns the disk: then it shall wait for it.
        for (var round = 0; round < 3 && background.Checkpoint() > PagesForWriter; round++) { }
    });

    private void Try(Action copy)
    {
        try
        {
            copy();
            failing = false;
        }
        catch (Exception e)
        {
            if (!failing) LogFailed(logger, e, path);
            failing = true;
        }
    }

    [LoggerMessage(1021, LogLevel.Warning, "The write-ahead log of the journal {Path} could not be copied into it; it is tried again")]
    private static partial void LogFailed(ILogger logger, Exception exception, string path);
}
