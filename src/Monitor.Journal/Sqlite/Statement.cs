using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Monitor.Journal.Sqlite;

/// <summary>
/// A prepared statement on SQLite's own interface: an insert by way of ADO.NET costs several times as much. Not for use from two threads at once.
/// Spans it answers are valid until the next step.
/// </summary>
internal sealed class Statement(sqlite3 database, string sql) : IDisposable
{
    private readonly sqlite3_stmt statement = Prepare(database, sql);

    public Statement Bind(int parameter, long value)
    {
        Check(raw.sqlite3_bind_int64(statement, parameter, value));
        return this;
    }

    public Statement Bind(int parameter, ReadOnlySpan<byte> blob)
    {
        Check(blob.IsEmpty ? raw.sqlite3_bind_zeroblob(statement, parameter, 0) : raw.sqlite3_bind_blob(statement, parameter, blob));
        return this;
    }

    public Statement Bind(int parameter, string text)
    {
        Check(raw.sqlite3_bind_text(statement, parameter, text));
        return this;
    }

    /// <summary>Goes to the next row. False at the end, where the statement is ready for its next use.</summary>
    public bool Step()
    {
        var result = raw.sqlite3_step(statement);
        if (result == raw.SQLITE_ROW) return true;
        if (result != raw.SQLITE_DONE) Fail(result);
        Reset();
        return false;
    }

    /// <summary>Runs it to its end.</summary>
    public void Run()
    {
        while (Step()) { }
    }

    public void Reset() => _ = raw.sqlite3_reset(statement);

    public long Int64(int column) => raw.sqlite3_column_int64(statement, column);

    public bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(statement, column);

    public string Text(int column) => raw.sqlite3_column_text(statement, column).utf8_to_string();

    public void Dispose() => statement.Dispose();

    private static sqlite3_stmt Prepare(sqlite3 database, string sql)
    {
        var result = raw.sqlite3_prepare_v2(database, sql, out var statement);
        if (result != raw.SQLITE_OK) SqliteException.ThrowExceptionForRC(result, database);
        return statement;
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK) Fail(result);
    }

    private void Fail(int result)
    {
        // The message is the connection's and is lost by a reset: it is taken first.
        try
        {
            SqliteException.ThrowExceptionForRC(result, database);
        }
        finally
        {
            Reset();
        }
    }
}
