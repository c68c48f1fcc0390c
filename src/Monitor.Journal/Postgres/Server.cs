using Npgsql;

namespace Monitor.Journal.Postgres;

/// <summary>The connections to the server, and the patience with it. For any thread.</summary>
internal sealed class Server : IAsyncDisposable
{
    /// <summary>Attempts at a table that is not there: so many cannot go in one call's time.</summary>
    private const int MostTablesGone = 20;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly NpgsqlMultiHostDataSource writers;
    private readonly NpgsqlMultiHostDataSource readers;
    private readonly TimeProvider time;
    private readonly TimeSpan patience;
    private readonly Continuity? continuity;

    public Server(PostgresJournalOptions options, TimeProvider time, Func<string, Continuity>? continuityOf = null)
    {
        this.time = time;
        patience = options.Patience;
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        var host = settings.Host!.Contains(':', StringComparison.Ordinal) ? settings.Host : $"{settings.Host}:{settings.Port}";
        Name = $"{host}, database '{settings.Database ?? settings.Username}'";
        User = settings.Username;
        continuity = continuityOf?.Invoke(Name);
        writers = Source(options.ConnectionString, options.Writers + 2, continuity);
        readers = Source(options.ConnectionString, options.Readers, continuity);
        (Writers, Readers) = (writers.WithTargetSession(TargetSessionAttributes.Primary), readers.WithTargetSession(TargetSessionAttributes.Primary));
    }

    /// <summary>Host and database, for messages.</summary>
    public string Name { get; }

    public string? User { get; }

    /// <summary>Connections of the writers and of the listener: no read keeps them from one.</summary>
    public NpgsqlDataSource Writers { get; }

    public NpgsqlDataSource Readers { get; }

    /// <summary>Tries until it works or the patience ends; the first time again at once, as a pooled connection may have gone unnoticed.</summary>
    /// <param name="attempt">Has the same effect however often it is done.</param>
    /// <param name="since">Since when the caller is waiting.</param>
    /// <exception cref="JournalUnavailableException">It did not work in time.</exception>
    /// <exception cref="JournalLostException">The server is not one to go on with.</exception>
    public async Task<T> TryAsync<T>(Func<CancellationToken, Task<T>> attempt, long since, CancellationToken cancellationToken, Action<Exception>? failed = null)
    {
        for (var attempts = 1; ; attempts++)
        {
            try
            {
                continuity?.ThrowIfLost();
                return await attempt(cancellationToken);
            }
            catch (Exception e) when (continuity is { IsLost: true } && e is not OperationCanceledException)
            {
                // The connection that found it says so in the words of whoever opened it.
                continuity.ThrowIfLost();
            }
            catch (Exception e) when (ServerErrors.IsTableGone(e) && attempts < MostTablesGone)
            {
                // Retention dropped it: the next attempt looks anew for what there is.
            }
            catch (Exception e) when (ServerErrors.MayPass(e))
            {
                cancellationToken.ThrowIfCancellationRequested();
                failed?.Invoke(e);
                var pause = attempts == 1 ? TimeSpan.Zero : Pause(attempts);
                if (time.GetElapsedTime(since) + pause > patience) throw Unavailable(e);
                if (pause > TimeSpan.Zero) await Task.Delay(pause, time, cancellationToken);
            }
            catch (NpgsqlException e)
            {
                throw Unavailable(e);
            }
        }
    }

    public Task<T> TryAsync<T>(Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken) =>
        TryAsync(attempt, time.GetTimestamp(), cancellationToken);

    public JournalUnavailableException Unavailable(Exception e) => new($"The journal on {Name} is not available: {ServerErrors.Why(e)}", e);

    /// <summary>Doubling from 20 ms, so spread that many do not come back at once.</summary>
    public static TimeSpan Pause(int attempts)
    {
        var longest = Math.Min(LongestPause.TotalMilliseconds, 20 * Math.Pow(2, Math.Min(attempts, 20)));
        return TimeSpan.FromMilliseconds(longest * (0.5 + Random.Shared.NextDouble() / 2));
    }

    public async ValueTask DisposeAsync()
    {
        await readers.DisposeAsync();
        await writers.DisposeAsync();
    }

    private static NpgsqlMultiHostDataSource Source(string connectionString, int connections, Continuity? continuity)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            // A standby can neither be written nor trusted to be up to date.
            TargetSessionAttributes = null,
            ApplicationName = "monitor-journal",
            Pooling = true,
            MinPoolSize = 0,
            MaxPoolSize = connections,
            MaxAutoPrepare = 32,
            AutoPrepareMinUsages = 2,
            // What the initializer sets is to stay.
            NoResetOnClose = true,
            Enlist = false,
        };
        Default("Timeout", "5");
        Default("Command Timeout", "15");
        Default("Cancellation Timeout", "1000");
        Default("Host Recheck Seconds", "1");
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        builder.UsePhysicalConnectionInitializer(
            _ => throw new NotSupportedException("Connections of the journal are opened asynchronously."),
            async connection =>
            {
                await using var command = connection.CreateCommand();
                command.CommandText = Initialize;
                await command.ExecuteNonQueryAsync();
                if (continuity is not null) await continuity.CheckAsync(connection);
            });
        return builder.BuildMultiHost();

        void Default(string key, string value)
        {
            if (!settings.ShouldSerialize(key)) settings[key] = value;
        }
    }

    // An acknowledged append survives the server. The journal's tables are never analysed: its reads are look-ups, whatever the planner might think.
    private const string Initialize = """
        SET default_transaction_isolation = 'read committed';
        SET jit = off;
        SET enable_seqscan = off;
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
        """;
}
