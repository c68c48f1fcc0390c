using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Monitor.Journal.Postgres;

/// <summary>
/// Writes groups, one at a time: all that waits becomes one call of the server. While one is written, the next gathers; so the groups grow with the load.
/// <para>
/// A group whose answer was lost is sent again with its number: the server has it, and repeats its answer, or writes it now.
/// </para>
/// </summary>
internal sealed partial class JournalWriter(
    Server server, PostgresSchema schema, Segments segments, Heads heads, Continuity continuity, PostgresJournalOptions options, LastWrite lastWrite, TimeProvider time,
    ILogger logger)
{
    private const int QueuedOperations = 4096;

    private readonly Channel<WriteOperation> queue = Channel.CreateBounded<WriteOperation>(new BoundedChannelOptions(QueuedOperations) { SingleReader = true });
    private readonly WriteGroup group = new(schema, options.Partitions);
    private readonly Guid writer = Guid.NewGuid();
    private Task running = Task.CompletedTask;
    private long number;

    public void Start() => running = Task.Run(RunAsync);

    /// <summary>Takes no more, and ends when what is queued is done.</summary>
    public Task CompleteAsync()
    {
        queue.Writer.TryComplete();
        return running;
    }

    /// <summary>Hands over an operation, waiting where too many are waiting.</summary>
    /// <exception cref="ObjectDisposedException">It has been closed.</exception>
    /// <exception cref="JournalUnavailableException">Too many were waiting for too long.</exception>
    public ValueTask Submit(WriteOperation operation) => queue.Writer.TryWrite(operation) ? default : SubmitSlowly(operation);

    private async ValueTask SubmitSlowly(WriteOperation operation)
    {
        using var patience = new CancellationTokenSource(options.Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, operation.CancellationToken);
        try
        {
            while (await queue.Writer.WaitToWriteAsync(either.Token))
            {
                if (queue.Writer.TryWrite(operation)) return;
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !operation.CancellationToken.IsCancellationRequested)
        {
            throw new JournalUnavailableException($"The journal on {server.Name} has had too many waiting for {options.Patience.TotalSeconds:0.#} s: {lastWrite.Error ?? "it is too slow"}");
        }
        throw new ObjectDisposedException(nameof(PostgresJournal));
    }

    private async Task RunAsync()
    {
        while (await queue.Reader.WaitToReadAsync())
        {
            TakeGroup();
            if (group.Operations.Count > 0) await WriteAsync();
        }
    }

    private void TakeGroup()
    {
        group.Clear();
        while (!group.IsFull && queue.Reader.TryRead(out var operation))
        {
            if (operation.CancellationToken.IsCancellationRequested) operation.Fail(new OperationCanceledException(operation.CancellationToken));
            else if (lastWrite.Error is { } error && time.GetElapsedTime(operation.Since) > options.Patience)
                operation.Fail(new JournalUnavailableException($"The journal on {server.Name} is not available: {error}"));
            else group.Take(operation);
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            group.Build();
            number++;
            await server.TryAsync(TryWriteAsync, group.Operations[0].Since, CancellationToken.None, Failed);
        }
        catch (Exception e)
        {
            if (e is not JournalUnavailableException) LogBroken(logger, e, server.Name);
            lastWrite.Set(e.Message);
            var reason = e as JournalUnavailableException ?? server.Unavailable(e);
            foreach (var operation in group.Operations) operation.Fail(reason);
        }
    }

    private async Task<bool> TryWriteAsync(CancellationToken cancellationToken)
    {
        var written = false;
        try
        {
            await using var connection = await server.Writers.OpenConnectionAsync(cancellationToken);
            var confirmed = true;
            connection.Notice += (_, told) => confirmed &= !ServerErrors.IsUnconfirmed(told.Notice);
            var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
            if (group.Has(Topic.Reports) && segments.IsFull(Topic.Reports, nowMs)) await segments.RollAsync(connection, Topic.Reports, nowMs, cancellationToken);
            if (group.Has(Topic.Events) && segments.IsFull(Topic.Events, nowMs)) await segments.RollAsync(connection, Topic.Events, nowMs, cancellationToken);
            group.Expect(heads);
            await using var batch = group.Batch(connection, writer, number, nowMs);
            await using var answer = await batch.ExecuteReaderAsync(cancellationToken);
            await group.ReadAsync(answer, cancellationToken);
            // The answer comes before its transaction ends; what comes after it says that it has, or that no standby has it. Sent again, it waits for that again.
            await answer.NextResultAsync(cancellationToken);
            if (!confirmed) throw new TimeoutException("no standby has confirmed it in time, and the server is to wait for one");
            written = true;
            Publish();
            await answer.NextResultAsync(cancellationToken);
        }
        catch (Exception e) when (written)
        {
            // That others were not told costs them a moment; to write it again would be wrong.
            LogUntold(logger, server.Name, e.Message);
        }
        return true;
    }

    private void Publish()
    {
        foreach (var (topic, segment, records, openedMs) in group.Segments) segments.Found(topic, segment, records, openedMs);
        group.Tell(heads);
        if (lastWrite.Set(null)) LogResumed(logger, server.Name);
        // Where the journal has lost its end, this is in what is left of it.
        foreach (var operation in group.Operations) operation.Complete();
        group.Check(continuity);
    }

    private void Failed(Exception e)
    {
        var why = ServerErrors.Why(e);
        if (!lastWrite.Set(why)) LogFailed(logger, server.Name, why);
    }

    [LoggerMessage(1037, LogLevel.Warning, "The journal on {Server} cannot be written: {Reason}. Callers wait while it is tried again")]
    private static partial void LogFailed(ILogger logger, string server, string reason);

    [LoggerMessage(1038, LogLevel.Information, "The journal on {Server} can be written again")]
    private static partial void LogResumed(ILogger logger, string server);

    [LoggerMessage(1043, LogLevel.Debug, "Others were not told of a group on {Server}: {Reason}")]
    private static partial void LogUntold(ILogger logger, string server, string reason);

    [LoggerMessage(1039, LogLevel.Error, "The journal on {Server} refused a group")]
    private static partial void LogBroken(ILogger logger, Exception exception, string server);
}

/// <summary>What the last write of any writer came to.</summary>
internal sealed class LastWrite(TimeProvider time)
{
    private volatile Outcome last = new(time.GetTimestamp(), null);

    /// <summary>Why it failed; null: it did not.</summary>
    public string? Error => last.Error;

    public TimeSpan Age => time.GetElapsedTime(last.Timestamp);

    /// <summary>Answers whether the one before it had failed.</summary>
    public bool Set(string? error)
    {
        var before = last;
        last = new(time.GetTimestamp(), error);
        return before.Error is not null;
    }

    private sealed record Outcome(long Timestamp, string? Error);
}
