using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Monitor.Journal.Sqlite;

/// <summary>One connection to the journal's file. Not for use from two threads at once.</summary>
internal sealed class Database : IDisposable
{
    /// <summary>Larger than SQLite's default: a record of 1.2 KB wastes less of its page, and there are fewer pages to find, sum and sync.</summary>
    private const int PageSize = 16384;

    private readonly SqliteConnection connection;
    private readonly sqlite3 handle;

    private Database(string path, SqliteOpenMode mode)
    {
        connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        try
        {
            connection.Open();
            handle = connection.Handle!;
            _ = raw.sqlite3_busy_timeout(handle, 10_000);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public bool InTransaction => raw.sqlite3_get_autocommit(handle) == 0;

    /// <summary>Opens or creates the file for the one writer.</summary>
    public static Database OpenWriter(string path) => Configured(
        new Database(path, SqliteOpenMode.ReadWriteCreate),
        $"PRAGMA page_size={PageSize}; PRAGMA auto_vacuum=0; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; "
        + "PRAGMA cache_size=-32000; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=134217728;");

    public static Database OpenCheckpointer(string path) =>
        Configured(new Database(path, SqliteOpenMode.ReadWrite), "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;");

    public static Database OpenReader(string path) => Configured(new Database(path, SqliteOpenMode.ReadOnly), "PRAGMA query_only=1; PRAGMA cache_size=-8000;");

    public Statement Prepare(string sql) => new(handle, sql);

    public void Execute(string sql)
    {
        var result = raw.sqlite3_exec(handle, sql);
        if (result != raw.SQLITE_OK) SqliteException.ThrowExceptionForRC(result, handle);
    }

    /// <summary>The first column of the first row; null where there is none or it is NULL.</summary>
    public long? Scalar(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() && !statement.IsNull(0) ? statement.Int64(0) : null;
    }

    /// <summary>Undoes what is open; some failures have already made SQLite do it.</summary>
    public void RollBack()
    {
        if (InTransaction) _ = raw.sqlite3_exec(handle, "ROLLBACK");
    }

    /// <summary>Runs the body as one transaction.</summary>
    public void Transact(Action body)
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            body();
            Execute("COMMIT");
        }
        catch
        {
            RollBack();
            throw;
        }
    }

    /// <summary>Copies what it can from the write-ahead log into the file without holding up anyone. Answers how many pages remain to be copied.</summary>
    public int Checkpoint()
    {
        var result = raw.sqlite3_wal_checkpoint_v2(handle, null, raw.SQLITE_CHECKPOINT_PASSIVE, out var logged, out var copied);
        if (result is not (raw.SQLITE_OK or raw.SQLITE_BUSY)) SqliteException.ThrowExceptionForRC(result, handle);
        return Math.Max(0, logged - copied);
    }

    /// <summary>Pages that this connection has written since it was last asked.</summary>
    public int TakePagesWritten()
    {
        _ = raw.sqlite3_db_status(handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var written, out _, 1);
        return written;
    }

    public void Dispose() => connection.Dispose();

    private static Database Configured(Database database, string pragmas)
    {
        try
        {
            database.Execute(pragmas);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }
}
