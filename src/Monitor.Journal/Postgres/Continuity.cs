using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Monitor.Journal.Postgres;

/// <summary>
/// Sees to it that the journal is the one that this process knows. A server that was promoted or restored may lack its end, and give the same sequences to other
/// records: whoever went on from what it knows would pass over those, and save that it had them. So each server is asked for the last records that were seen here before
/// anything else is asked of it; and a head that is lower than before, which a restore under running processes makes, is noticed where heads are read.
/// </summary>
internal sealed partial class Continuity(PostgresSchema schema, Heads heads, string server, ILogger logger)
{
    private readonly TaskCompletionSource<JournalLostException> lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? why;
    private volatile string? verified;

    /// <summary>Completes when the end is lost.</summary>
    public Task<JournalLostException> Lost => lost.Task;

    public bool IsLost => Volatile.Read(ref why) is not null;

    /// <exception cref="JournalLostException">The end is lost.</exception>
    public void ThrowIfLost()
    {
        if (Volatile.Read(ref why) is { } reason) throw new JournalLostException(reason);
    }

    /// <summary>Asks a server for what was seen, on a connection that is not yet used. Once for each start of a server: none becomes the primary a second time without.</summary>
    /// <exception cref="JournalLostException">It does not have it.</exception>
    public async Task CheckAsync(NpgsqlConnection connection)
    {
        ThrowIfLost();
        await using var ask = new NpgsqlCommand("SELECT extract(epoch FROM pg_postmaster_start_time())::text", connection);
        var start = (string)(await ask.ExecuteScalarAsync())!;
        if (start == verified) return;
        var seen = heads.Seen().ToList();
        if (seen.Count > 0) await CheckAsync(connection, seen);
        ThrowIfLost();
        verified = start;
    }

    /// <summary>Takes up that a head is lower than one that was there before.</summary>
    public void CheckHead(Topic topic, int partition, long before, long head)
    {
        if (head < before) Lose(topic, partition, before, head);
    }

    private async Task CheckAsync(NpgsqlConnection connection, List<(Topic Topic, int Partition, SeenRecord Record)> seen)
    {
        // A record that retention has dropped is below the head, and is not found.
        await using var look = new NpgsqlCommand(
            $"""
            SELECT w.topic, w.partition, w.sequence, h.head FROM unnest($1, $2, $3, $4, $5) w(topic, partition, sequence, received_ms, key)
            JOIN {schema.Quoted}.heads h USING (topic, partition)
            WHERE h.head < w.sequence OR EXISTS (
                SELECT FROM {schema.Quoted}.read(w.topic, w.partition, w.sequence - 1, 1, 1) r
                WHERE r.o_sequence = w.sequence AND (r.o_received_ms <> w.received_ms OR r.o_key <> w.key)) LIMIT 1
            """, connection);
        Add(seen.Select(s => (short)s.Topic), NpgsqlDbType.Smallint);
        Add(seen.Select(s => s.Partition), NpgsqlDbType.Integer);
        Add(seen.Select(s => s.Record.Sequence), NpgsqlDbType.Bigint);
        Add(seen.Select(s => s.Record.ReceivedAtMs), NpgsqlDbType.Bigint);
        Add(seen.Select(s => s.Record.Key), NpgsqlDbType.Text);
        await using var row = await look.ExecuteReaderAsync();
        if (await row.ReadAsync()) Lose((Topic)row.GetInt16(0), row.GetInt32(1), row.GetInt64(2), row.GetInt64(3));

        void Add<T>(IEnumerable<T> values, NpgsqlDbType type) =>
            look.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | type });
    }

    private void Lose(Topic topic, int partition, long sequence, long head)
    {
        var found = head < sequence ? $"ends at {head}" : "has another in its place";
        var reason = $"The journal on {server} has lost its end: {topic} partition {partition} had record {sequence}, and now {found}.";
        if (Interlocked.CompareExchange(ref why, reason, null) is not null) return;
        LogLost(logger, server, topic, partition, sequence, found);
        heads.Close(new JournalLostException(reason));
        lost.SetResult(new(reason));
    }

    [LoggerMessage(1044, LogLevel.Critical, "The journal on {Server} has lost its end: {Topic} partition {Partition} had record {Sequence}, and now {Found}. "
        + "A standby that lacked it was made the primary, or a backup was restored; what it lacks is gone. Here nothing more is read or written: this process is to be started again, "
        + "and is then right by what the journal holds")]
    private static partial void LogLost(ILogger logger, string server, Topic topic, int partition, long sequence, string found);
}
