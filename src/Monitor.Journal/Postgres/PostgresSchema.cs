using System.Globalization;
using Npgsql;

namespace Monitor.Journal.Postgres;

/// <summary>The tables and functions in the journal's schema, and what was decided when they were created.</summary>
internal sealed class PostgresSchema(string name, IReadOnlyList<string> steps)
{
    /// <summary>The steps from nothing to the newest version, each to the next. One that was released is never changed: what comes later is a step of its own.</summary>
    public static readonly string[] Steps = [ReadSql("Postgres.Schema.sql")];

    public PostgresSchema(string name) : this(name, Steps)
    {
    }

    /// <summary>Tables that are there whatever was appended.</summary>
    public static readonly string[] Tables = ["meta", "heads", "segments", "writers", "snapshots", "checkpoints"];

    public string Name { get; } = name;

    /// <summary>The schema's name as it is written in SQL.</summary>
    public string Quoted { get; } = Quote(name);

    /// <summary>Where appends are told.</summary>
    public string Channel { get; } = "monitor_journal_" + name;

    public string QuotedChannel => Quote(Channel);

    /// <summary>Creates or migrates it, as one transaction and alone: of those who come at once, one does it and the others find it done.</summary>
    /// <exception cref="JournalRefusedException">
    /// It is of a newer version, of another cluster, or has another number of partitions; or it is of an older version and cannot be migrated, and stays what it was.
    /// </exception>
    public async Task PrepareAsync(NpgsqlConnection connection, int partitions, string clusterId, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync($"SELECT pg_advisory_xact_lock(hashtextextended('schema of ' || {Literal(Name)}, 0))");
        if (!await ExistsAsync("meta")) await CreateAsync();
        if (!int.TryParse(await MetaAsync("version"), CultureInfo.InvariantCulture, out var stored))
            throw new JournalRefusedException($"Schema '{Name}' holds a table 'meta', but no journal: set Monitor:Postgres:Schema to another name.");
        if (stored > steps.Count)
            throw new JournalRefusedException(
                $"The journal in schema '{Name}' has schema version {stored}; this program knows up to {steps.Count}. Run the program that wrote it, or a newer one.");
        var other = await MetaAsync("partitions");
        if (other != Text(partitions))
            throw new JournalRefusedException(
                $"The journal in schema '{Name}' has {other} partitions, but Monitor:Partitions is {partitions}; their number is fixed when a journal is created. "
                + $"Set Monitor:Partitions to {other}, or Monitor:Postgres:Schema to a new schema.");
        var cluster = await MetaAsync("cluster");
        if (cluster != clusterId)
            throw new JournalRefusedException(
                $"The journal in schema '{Name}' is that of cluster '{cluster}', and this process is of cluster '{clusterId}': two clusters would mix their reports. "
                + "Set Monitor:Postgres:Schema to a schema of its own, or the cluster id to that of the journal.");
        if (stored < steps.Count) await MigrateAsync(stored);
        await transaction.CommitAsync(cancellationToken);

        async Task CreateAsync()
        {
            if (!(bool)(await ScalarAsync($"SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = {Literal(Name)})"))!) await ExecuteAsync($"CREATE SCHEMA {Quoted}");
            await StepAsync(0);
            await ExecuteAsync($"INSERT INTO {Quoted}.heads SELECT t, p, 0, 0, 0 FROM generate_series(1, 2) t, generate_series(0, {Text(partitions - 1)}) p");
            await ExecuteAsync(
                $"INSERT INTO {Quoted}.meta VALUES ('version', '1'), ('partitions', '{Text(partitions)}'), ('cluster', {Literal(clusterId)}), ('probe', '')");
        }

        async Task MigrateAsync(int from)
        {
            try
            {
                for (var step = from; step < steps.Count; step++) await StepAsync(step);
                await ExecuteAsync($"UPDATE {Quoted}.meta SET value = '{Text(steps.Count)}' WHERE name = 'version'");
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                throw new JournalRefusedException(
                    $"The journal in schema '{Name}' is to be migrated from schema version {from} to {steps.Count}, for which this user lacks a right: {e.MessageText}. "
                    + "Start once as the owner of the schema, or have it run PostgresJournalSchema.CreateAsync. The journal is as it was.", e);
            }
            catch (PostgresException e) when (!ServerErrors.MayPass(e))
            {
                throw new JournalRefusedException(
                    $"The journal in schema '{Name}' could not be migrated from schema version {from} to {steps.Count}: {e.MessageText}. It is as it was: the program that wrote it goes on with it.", e);
            }
        }

        Task StepAsync(int step) =>
            ExecuteAsync(steps[step].Replace("{schema}", Quoted, StringComparison.Ordinal).Replace("{schema_text}", Literal(Name), StringComparison.Ordinal));

        async Task<bool> ExistsAsync(string table) => (bool)(await ScalarAsync(
            $"SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {Literal(Name)} AND c.relname = {Literal(table)})"))!;

        async Task<string?> MetaAsync(string key) => (string?)await ScalarAsync($"SELECT value FROM {Quoted}.meta WHERE name = {Literal(key)}");

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        async Task<object?> ScalarAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            return await command.ExecuteScalarAsync(cancellationToken);
        }
    }

    /// <summary>The rights, of those that are needed, that the connection's role does not have.</summary>
    public async Task<IReadOnlyList<string>> MissingRightsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT 'CREATE on schema ' || $1 WHERE NOT has_schema_privilege($1, 'CREATE')
            UNION ALL
            SELECT r.privilege || ' on ' || $1 || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) r(privilege)
            WHERE n.nspname = $1 AND c.relkind = 'r' AND (c.relname <> 'meta' OR r.privilege IN ('SELECT', 'UPDATE'))
                AND NOT (c.relname ~ '^(reports|events)_' AND r.privilege IN ('UPDATE', 'DELETE')) AND NOT has_table_privilege(c.oid, r.privilege)
            UNION ALL
            SELECT 'EXECUTE on function ' || $1 || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname = $1 AND NOT has_function_privilege(p.oid, 'EXECUTE')
            """, connection);
        command.Parameters.Add(new() { Value = Name });
        var missing = new List<string>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken)) missing.Add(rows.GetString(0));
        return missing;
    }

    private static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string ReadSql(string resource)
    {
        using var stream = typeof(PostgresSchema).Assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
