using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Monitor.Journal.Postgres;

/// <summary>
/// The journal of a cluster: a PostgreSQL database that several processes write and read at once. Sequences are the server's to assign, under a lock of
/// their partition; each process writes in groups. See <see cref="PostgresJournalSchema"/> for the rights that it needs.
/// </summary>
internal sealed partial class PostgresJournal(IOptions<PostgresJournalOptions> options, TimeProvider time, ILogger<PostgresJournal> logger) : IJournal
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(30);

    private readonly PostgresJournalOptions options = options.Value;
    private readonly PostgresSchema schema = new(options.Value.Schema);
    private readonly TaskCompletionSource<JournalLostException> lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private volatile OpenJournal? open;
    private Task? opening;
    private Task? closing;

    public int Partitions => options.Partitions;

    public Task<JournalLostException> Lost => lost.Task;

    /// <summary>The steps of the schema, for tests of a later one.</summary>
    internal IReadOnlyList<string> SchemaSteps { init => schema = new(options.Schema, value); }

    /// <inheritdoc/>
    /// <remarks>Waits for a server that cannot be reached, and says so, until it is cancelled.</remarks>
    public Task OpenAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closing is not null, this);
            if (opening is { IsFaulted: false, IsCanceled: false }) throw new InvalidOperationException("The journal is opened once.");
            return opening = OpenOnceAsync(cancellationToken);
        }
    }

    /// <summary>Where it is, for whoever tells a person of it; without secrets.</summary>
    public override string ToString() => open is { } journal ? $"{journal.Server.Name}, schema '{schema.Name}'" : $"schema '{schema.Name}'";

    public async ValueTask DisposeAsync()
    {
        Task ends;
        lock (gate) ends = closing ??= CloseAsync();
        await ends;
    }

    private async Task OpenOnceAsync(CancellationToken cancellationToken)
    {
        var heads = new Heads(options.Partitions);
        Continuity continuity = null!;
        var server = new Server(options, time, name => continuity = new(schema, heads, name, logger));
        var segments = new Segments(server, schema, options, logger);
        try
        {
            var told = 0L;
            for (var failures = 1; ; failures++)
            {
                try
                {
                    await PrepareAsync(server, segments, cancellationToken);
                    break;
                }
                catch (PostgresException e) when (ServerErrors.Refusal(e, server.Name, server.User) is { } refusal)
                {
                    throw refusal;
                }
                catch (Exception e) when (ServerErrors.MayPass(e))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (failures == 1 || time.GetElapsedTime(told) >= TellEvery)
                    {
                        told = time.GetTimestamp();
                        LogWaiting(logger, server.Name, ServerErrors.Why(e));
                    }
                    await Task.Delay(Server.Pause(failures), time, cancellationToken);
                }
                catch (NpgsqlException e)
                {
                    throw server.Unavailable(e);
                }
            }
            var lastWrite = new LastWrite(time);
            var writers = Enumerable.Range(0, options.Writers).Select(_ => new JournalWriter(server, schema, segments, heads, continuity, options, lastWrite, time, logger)).ToArray();
            foreach (var writer in writers) writer.Start();
            var listener = new HeadListener(server, schema, heads, continuity, time, logger);
            listener.Start();
            open = new(server, segments, heads, continuity, writers, listener, lastWrite);
            _ = PassOnAsync(continuity);
            LogOpened(logger, server.Name, schema.Name, options.Partitions);
        }
        catch
        {
            await segments.DisposeAsync();
            await server.DisposeAsync();
            throw;
        }
    }

    private async Task PrepareAsync(Server server, Segments segments, CancellationToken cancellationToken)
    {
        await using var connection = await server.Writers.OpenConnectionAsync(cancellationToken);
        await CheckClockAsync(server, connection, cancellationToken);
        await schema.PrepareAsync(connection, options.Partitions, options.ClusterId, cancellationToken);
        var missing = await schema.MissingRightsAsync(connection, cancellationToken);
        if (missing.Count > 0)
            throw new JournalRefusedException(
                $"User '{server.User}' lacks rights for the journal on {server.Name}: {string.Join(", ", missing)}. "
                + "Grant them (see PostgresJournalSchema), or set another Username in Monitor:Postgres:ConnectionString.");
        await segments.OpenAsync(connection, time.GetUtcNow().ToUnixTimeMilliseconds(), cancellationToken);
        await using var clean = new NpgsqlCommand($"DELETE FROM {schema.Quoted}.writers WHERE at_ms < $1", connection);
        clean.Parameters.Add(new NpgsqlParameter<long> { TypedValue = time.GetUtcNow().AddDays(-7).ToUnixTimeMilliseconds() });
        await clean.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task CheckClockAsync(Server server, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT clock_timestamp()", connection);
        var apart = time.GetUtcNow() - new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync(cancellationToken))!);
        if (apart.Duration() > options.ClockTolerance)
            throw new JournalRefusedException(
                $"The clock of this process is {apart.Duration().TotalSeconds:0} s {(apart > TimeSpan.Zero ? "ahead of" : "behind")} that of the journal's server {server.Name}, "
                + $"and ClockTolerance is {options.ClockTolerance.TotalSeconds:0} s: what it receives would be dated wrongly for the whole cluster. Set the clocks right.");
    }

    private async Task PassOnAsync(Continuity continuity) => lost.SetResult(await continuity.Lost);

    private async Task CloseAsync()
    {
        if (opening is not null) await opening.ContinueWith(_ => { }, TaskScheduler.Default);
        if (open is not { } journal) return;
        await Task.WhenAll(journal.Writers.Select(writer => writer.CompleteAsync()));
        journal.Heads.Close(new ObjectDisposedException(nameof(PostgresJournal)));
        await journal.Listener.DisposeAsync();
        await journal.Segments.DisposeAsync();
        await journal.Server.DisposeAsync();
        LogClosed(logger, journal.Server.Name);
    }

    private OpenJournal Opened()
    {
        var journal = open ?? throw new InvalidOperationException("The journal is not open: OpenAsync comes first.");
        ObjectDisposedException.ThrowIf(closing is not null, this);
        return journal;
    }

    private OpenJournal OpenPartition(Topic topic, int partition)
    {
        var journal = Opened();
        Rules.CheckPartition(topic, partition, options.Partitions);
        journal.Continuity.ThrowIfLost();
        return journal;
    }

    private sealed record OpenJournal(Server Server, Segments Segments, Heads Heads, Continuity Continuity, JournalWriter[] Writers, HeadListener Listener, LastWrite LastWrite);
}
