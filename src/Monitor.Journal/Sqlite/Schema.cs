using System.Globalization;

namespace Monitor.Journal.Sqlite;

/// <summary>The tables, and what was decided when they were created.</summary>
internal static class Schema
{
    // A segment's state, as stored.
    public const int Unindexed = 0;
    public const int Indexed = 1;
    public const int Dropped = 2;

    // A row of reports or events is a batch (see RecordBatchWriter), numbered in the order of arrival: then a commit writes the few pages at the end of its table,
    // where an order by partition would write one in the middle of it for each partition. What is where is told by the postings of the row's segment.
    private const string Tables = """
        CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE reports (batch INTEGER PRIMARY KEY, partition INTEGER NOT NULL, first INTEGER NOT NULL, received_ms INTEGER NOT NULL, records BLOB NOT NULL);
        CREATE TABLE events (batch INTEGER PRIMARY KEY, partition INTEGER NOT NULL, first INTEGER NOT NULL, received_ms INTEGER NOT NULL, records BLOB NOT NULL);
        CREATE TABLE segments (
            segment INTEGER PRIMARY KEY, topic INTEGER NOT NULL, state INTEGER NOT NULL, first_batch INTEGER NOT NULL, before BLOB NOT NULL);
        CREATE TABLE postings (segment INTEGER, term INTEGER, postings BLOB NOT NULL, PRIMARY KEY (segment, term)) WITHOUT ROWID;
        CREATE TABLE snapshots (
            topic INTEGER, partition INTEGER, key TEXT, position INTEGER NOT NULL, version INTEGER NOT NULL, payload BLOB NOT NULL,
            PRIMARY KEY (topic, partition, key)) WITHOUT ROWID;
        CREATE TABLE checkpoints (
            topic INTEGER, partition INTEGER, position INTEGER NOT NULL, floor INTEGER NOT NULL, state BLOB NOT NULL, beat_ms INTEGER NOT NULL,
            PRIMARY KEY (topic, partition)) WITHOUT ROWID;
        """;

    /// <summary>The steps from nothing to the newest version, each to the next. One that was released is never changed: what comes later is a step of its own.</summary>
    public static readonly string[] Steps = [Tables];

    /// <summary>Creates the tables in a new file; checks those of another, and migrates them where they are older: all steps, or none.</summary>
    /// <exception cref="JournalRefusedException">It is not a journal, is of a newer version, or has another number of partitions.</exception>
    public static void Prepare(Database database, string path, int partitions, IReadOnlyList<string>? otherSteps = null)
    {
        var steps = otherSteps ?? Steps;
        if (database.Scalar("SELECT count(*) FROM sqlite_schema") == 0)
        {
            database.Transact(() => database.Execute(
                steps[0] + string.Create(CultureInfo.InvariantCulture, $"INSERT INTO meta VALUES ('version', 1), ('partitions', {partitions}), ('probe', 0);")));
        }
        if (database.Scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'") == 0 || Meta(database, "version") is not { } version)
            throw new JournalRefusedException($"'{path}' is a database, but not a journal: set Monitor:DataDirectory to another directory.");
        if (version > steps.Count)
            throw new JournalRefusedException(
                $"The journal '{path}' has schema version {version}; this program knows up to {steps.Count}. Run the program that wrote it, or a newer one.");
        if (Meta(database, "partitions") is not { } stored || stored != partitions)
            throw new JournalRefusedException(
                $"The journal '{path}' has {Meta(database, "partitions")} partitions, but Monitor:Partitions is {partitions}; their number is fixed when a journal is created. "
                + $"Set Monitor:Partitions to {Meta(database, "partitions")}, or Monitor:DataDirectory to a new directory.");
        if (version < steps.Count) database.Transact(() =>
        {
            for (var step = (int)version; step < steps.Count; step++) database.Execute(steps[step]);
            database.Execute(string.Create(CultureInfo.InvariantCulture, $"UPDATE meta SET value = {steps.Count} WHERE name = 'version'"));
        });
    }

    private static long? Meta(Database database, string name) => database.Scalar($"SELECT value FROM meta WHERE name = '{name}'");
}
