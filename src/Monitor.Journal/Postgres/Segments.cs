using Microsoft.Extensions.Logging;
using Npgsql;

namespace Monitor.Journal.Postgres;

/// <summary>The tables of records: opens the next in time, has the one after it ready before it is needed, and drops what retention gave up. For any thread.</summary>
internal sealed partial class Segments(Server server, PostgresSchema schema, PostgresJournalOptions options, ILogger logger) : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly OpenSegment[] open = new OpenSegment[2];
    private readonly CancellationTokenSource stop = new();
    private Task preparing = Task.CompletedTask;

    /// <summary>Takes up what a write has found.</summary>
    public void Found(Topic topic, long segment, long records, long openedMs)
    {
        lock (gate)
        {
            ref var known = ref open[(int)topic - 1];
            if (segment > known.Number || (segment == known.Number && records > known.Records)) known = new(segment, records, openedMs);
        }
    }

    /// <summary>Reads which segments are open, and opens those that there are not yet.</summary>
    public async Task OpenAsync(NpgsqlConnection connection, long nowMs, CancellationToken cancellationToken)
    {
        foreach (var topic in new[] { Topic.Reports, Topic.Events })
        {
            await CallAsync(connection, "roll", topic, 0, nowMs, cancellationToken);
            await using var command = new NpgsqlCommand(
                $"""
                SELECT s.segment, (SELECT sum(head)::bigint FROM {schema.Quoted}.heads WHERE topic = $1) - (SELECT sum(b)::bigint FROM unnest(s.before) b), s.opened_ms
                FROM {schema.Quoted}.segments s WHERE s.topic = $1 ORDER BY s.segment DESC LIMIT 1
                """, connection);
            command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)topic });
            await using (var row = await command.ExecuteReaderAsync(cancellationToken))
            {
                await row.ReadAsync(cancellationToken);
                lock (gate) open[(int)topic - 1] = new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));
            }
            Prepare(topic, open[(int)topic - 1].Number + 1);
        }
    }

    /// <summary>Whether the open segment of a topic has enough records, or any that may be old enough.</summary>
    public bool IsFull(Topic topic, long nowMs)
    {
        OpenSegment known;
        lock (gate) known = open[(int)topic - 1];
        var age = topic == Topic.Reports ? options.ReportSegmentAge : options.EventSegmentAge;
        return known.Records >= options.SegmentRecords || (known.Records > 0 && nowMs - known.OpenedMs >= age.TotalMilliseconds);
    }

    /// <summary>Opens the next, unless another has.</summary>
    public async Task RollAsync(NpgsqlConnection connection, Topic topic, long nowMs, CancellationToken cancellationToken)
    {
        long number;
        lock (gate) number = open[(int)topic - 1].Number;
        await CallAsync(connection, "roll", topic, number, nowMs, cancellationToken);
        Found(topic, number + 1, 0, nowMs);
        Prepare(topic, number + 2);
    }

    /// <summary>Gives up what is old and covered. Answers how many segments.</summary>
    public async Task<int> TrimAsync(Topic topic, long nowMs, long beforeMs, CancellationToken cancellationToken)
    {
        await using var connection = await server.Readers.OpenConnectionAsync(cancellationToken);
        if (IsFull(topic, nowMs)) await RollAsync(connection, topic, nowMs, cancellationToken);
        int trimmed;
        await using (var trim = new NpgsqlCommand($"SELECT {schema.Quoted}.trim($1, $2)", connection))
        {
            trim.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)topic });
            trim.Parameters.Add(new NpgsqlParameter<long> { TypedValue = beforeMs });
            trimmed = (int)(await trim.ExecuteScalarAsync(cancellationToken))!;
        }
        if (trimmed > 0) LogTrimmed(logger, trimmed, topic);
        try
        {
            foreach (var segment in await DroppedAsync(connection, topic, cancellationToken)) await CallAsync(connection, "drop_segment", topic, segment, null, cancellationToken);
        }
        catch (NpgsqlException e)
        {
            // They are no longer read, and go with the next trim.
            LogKept(logger, topic, e.Message);
        }
        return trimmed;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await preparing;
        stop.Dispose();
    }

    private void Prepare(Topic topic, long segment)
    {
        lock (gate) preparing = PrepareAsync(preparing, topic, segment);
    }

    private async Task PrepareAsync(Task before, Topic topic, long segment)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await using var connection = await server.Readers.OpenConnectionAsync(stop.Token);
            await CallAsync(connection, "prepare_segment", topic, segment, null, stop.Token);
        }
        catch (Exception e)
        {
            // Whoever opens it makes its table, which takes a little longer.
            if (!stop.IsCancellationRequested) LogUnprepared(logger, segment, topic, e.Message);
        }
    }

    private async Task<List<long>> DroppedAsync(NpgsqlConnection connection, Topic topic, CancellationToken cancellationToken)
    {
        var dropped = new List<long>();
        await using var command = new NpgsqlCommand($"SELECT segment FROM {schema.Quoted}.segments WHERE topic = $1 AND dropped ORDER BY segment", connection);
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)topic });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken)) dropped.Add(rows.GetInt64(0));
        return dropped;
    }

    private async Task CallAsync(NpgsqlConnection connection, string function, Topic topic, long segment, long? nowMs, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT {schema.Quoted}.{function}($1, $2{(nowMs is null ? "" : ", $3")})", connection);
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)topic });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = segment });
        if (nowMs is { } now) command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = now });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private readonly record struct OpenSegment(long Number, long Records, long OpenedMs);

    [LoggerMessage(1040, LogLevel.Information, "Retention gave up {Segments} segments of {Topic}")]
    private static partial void LogTrimmed(ILogger logger, int segments, Topic topic);

    [LoggerMessage(1041, LogLevel.Warning, "Segments of {Topic} that were given up are not dropped yet: {Reason}")]
    private static partial void LogKept(ILogger logger, Topic topic, string reason);

    [LoggerMessage(1042, LogLevel.Warning, "Segment {Segment} of {Topic} could not be made ahead of time: {Reason}")]
    private static partial void LogUnprepared(ILogger logger, long segment, Topic topic, string reason);
}
