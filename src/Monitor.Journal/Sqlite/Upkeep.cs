using Microsoft.Extensions.Logging;

namespace Monitor.Journal.Sqlite;

/// <summary>
/// Work on sealed segments: storing their index, deleting the rows of those that were dropped. In small steps, each a transaction, between the groups of the
/// writer, so that none waits long. What is not finished is begun again when the journal is next opened. The writer's alone.
/// </summary>
internal sealed partial class Upkeep(Database database, WriterTables tables, ILogger logger)
{
    private const int TermsAStep = 2000;
    private const int BytesAStep = 512 << 10;
    private const int BatchesAStep = 200;
    private const int DeletedTermsAStep = 5000;

    private readonly Queue<Func<bool>> jobs = new();
    private bool paused;

    public bool HasWork => jobs.Count > 0 && !paused;

    /// <summary>Goes on after a failure: writing works again.</summary>
    public void Unpause() => paused = false;

    public void StoreIndex(Segment segment)
    {
        long[]? terms = null;
        var stored = 0;
        jobs.Enqueue(() =>
        {
            if (segment.Dropped) return true;
            var index = segment.Index!;
            terms ??= index.Terms();
            var end = stored;
            database.Transact(() =>
            {
                for (var bytes = 0; end < terms.Length && end - stored < TermsAStep && bytes < BytesAStep; end++)
                {
                    var postings = index.Encoded(terms[end]);
                    tables.SavePostings(segment.Number, terms[end], postings);
                    bytes += postings.Length;
                }
                if (end == terms.Length) tables.SetSegmentState(segment.Number, Schema.Indexed);
            });
            stored = end;
            if (stored < terms.Length) return false;
            segment.Index = null;
            return true;
        });
    }

    public void Reclaim(Segment segment, string table) => jobs.Enqueue(() =>
    {
        var left = false;
        database.Transact(() =>
        {
            left = tables.DeleteBatches(table, segment.LastBatch, BatchesAStep) || tables.DeletePostings(segment.Number, DeletedTermsAStep);
            if (!left) tables.DeleteSegment(segment.Number);
        });
        return !left;
    });

    /// <summary>Does a little of the oldest work.</summary>
    public void Step()
    {
        try
        {
            if (jobs.Peek()()) jobs.Dequeue();
        }
        catch (Exception e)
        {
            paused = true;
            LogFailed(logger, e);
        }
    }

    [LoggerMessage(1020, LogLevel.Warning, "Upkeep of the journal failed; it goes on after the next write that works")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
