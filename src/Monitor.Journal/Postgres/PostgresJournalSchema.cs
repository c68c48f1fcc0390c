using Microsoft.Extensions.Options;

namespace Monitor.Journal.Postgres;

/// <summary>
/// Creates the journal's schema apart from running it, so that the role that runs it needs few rights. These are enough, where <c>monitor</c> is the schema:
/// <code>
/// GRANT CONNECT ON DATABASE … TO role;
/// GRANT USAGE, CREATE ON SCHEMA monitor TO role;
/// GRANT SELECT, INSERT, UPDATE, DELETE ON monitor.heads, monitor.segments, monitor.writers, monitor.snapshots, monitor.checkpoints TO role;
/// GRANT SELECT, UPDATE ON monitor.meta TO role;
/// </code>
/// and EXECUTE on the schema's functions, where PUBLIC does not have it. The role creates the tables of records, owns them, and drops them: so all processes
/// of a cluster use one role. A role that has CREATE on the database needs none of this: it creates the schema as it opens the journal.
/// </summary>
public static class PostgresJournalSchema
{
    /// <summary>Creates or migrates the schema and ends; the role of the connection string becomes its owner.</summary>
    /// <exception cref="JournalRefusedException">As in <see cref="IJournal.OpenAsync"/>.</exception>
    /// <exception cref="JournalUnavailableException">The server cannot be reached.</exception>
    public static async Task CreateAsync(PostgresJournalOptions options, CancellationToken cancellationToken)
    {
        if (new PostgresJournalOptionsValidator().Validate(null, options) is { Failed: true } invalid)
            throw new OptionsValidationException(nameof(PostgresJournalOptions), typeof(PostgresJournalOptions), invalid.Failures);
        await using var server = new Server(options, TimeProvider.System);
        var schema = new PostgresSchema(options.Schema);
        try
        {
            await using var connection = await server.Writers.OpenConnectionAsync(cancellationToken);
            await schema.PrepareAsync(connection, options.Partitions, options.ClusterId, cancellationToken);
        }
        catch (Npgsql.PostgresException e) when (ServerErrors.Refusal(e, server.Name, server.User) is { } refusal)
        {
            throw refusal;
        }
        catch (Npgsql.NpgsqlException e)
        {
            throw server.Unavailable(e);
        }
    }
}
