using Microsoft.Data.Sqlite;
using Monitor.Journal.Sqlite;

namespace Monitor.Journal.Tests.Sqlite;

/// <summary>A program of a later version, with steps that are not there yet, opens the journal of this one.</summary>
public sealed class SchemaTests : IDisposable
{
    private static readonly string[] Later = ["CREATE TABLE marks (step INTEGER PRIMARY KEY)", "INSERT INTO marks VALUES (3)"];

    private readonly string directory = Directory.CreateTempSubdirectory("journal-").FullName;

    private string JournalPath => Path.Combine(directory, "journal.db");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Prepare_OlderOrNone_TakesTheStepsThatAreLeftOnce(int version)
    {
        string[] all = [.. Schema.Steps, .. Later];
        using var database = Database.OpenWriter(JournalPath);
        if (version > 0) Schema.Prepare(database, JournalPath, 4, all[..version]);

        for (var i = 0; i < 2; i++) Schema.Prepare(database, JournalPath, 4, all);

        Assert.Equal(3, database.Scalar("SELECT value FROM meta WHERE name = 'version'"));
        Assert.Equal(1, database.Scalar("SELECT count(*) FROM marks"));
        Assert.Contains("schema version 3", Assert.Throws<JournalRefusedException>(() => Schema.Prepare(database, JournalPath, 4)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Prepare_StepFails_JournalIsAsItWas()
    {
        using var database = Database.OpenWriter(JournalPath);
        Schema.Prepare(database, JournalPath, 4);

        Assert.Throws<SqliteException>(() => Schema.Prepare(database, JournalPath, 4, [.. Schema.Steps, Later[0], "ALTER TABLE nothing ADD x"]));

        Schema.Prepare(database, JournalPath, 4);
        Assert.Equal(0, database.Scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'marks'"));
    }

    public void Dispose() => Directory.Delete(directory, recursive: true);
}
