using System.Net.Sockets;
using Npgsql;

namespace Monitor.Journal.Postgres;

/// <summary>What a failure of the server means for whoever asked.</summary>
internal static class ServerErrors
{
    /// <summary>It may work in a moment: the connection went, or the server is stopping, starting, failing over, out of space or of connections.</summary>
    public static bool MayPass(Exception e) => e switch
    {
        PostgresException server => server.SqlState is
            PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.IdleSessionTimeout
            or PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.ReadOnlySqlTransaction
            or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable
            || server.SqlState.StartsWith("08", StringComparison.Ordinal) || server.SqlState.StartsWith("53", StringComparison.Ordinal)
            || server.SqlState.StartsWith("58", StringComparison.Ordinal),
        NpgsqlException or SocketException or IOException or TimeoutException => true,
        // A command on a connection that has just been found broken.
        ObjectDisposedException or InvalidOperationException => e.Source == "Npgsql",
        _ => false,
    };

    /// <summary>What is wrong, for a message: of several hosts, what is wrong with each.</summary>
    public static string Why(Exception e) => e switch
    {
        AggregateException { InnerExceptions: { Count: > 0 } hosts } => string.Join("; ", hosts.Select(Why).Distinct()),
        NpgsqlException { InnerException: AggregateException hosts } => Why(hosts),
        // "Failed to connect to", which says to what, and here why.
        NpgsqlException { InnerException: SocketException socket } => $"{e.Message}: {socket.Message}",
        _ => e.Message,
    };

    /// <summary>A commit was cut short in its wait for a synchronous standby: it is there, and would be gone after a failover. Said by the name of the server's function, as its text is translated.</summary>
    public static bool IsUnconfirmed(PostgresNotice notice) => notice.Routine == "SyncRepWaitForLSN";

    /// <summary>A table went between being found and being read.</summary>
    public static bool IsTableGone(Exception e) => e is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable };

    /// <summary>Why it is not worth another try without a change of settings; null: it may be.</summary>
    public static JournalRefusedException? Refusal(PostgresException e, string server, string? user) => e.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => new(
            $"The journal on {server} refused user '{user}': {e.MessageText}. Set Username and Password in Monitor:Postgres:ConnectionString, or admit the user in pg_hba.conf.", e),
        PostgresErrorCodes.InvalidCatalogName => new(
            $"The journal on {server}: {e.MessageText}. Create the database, or set Database in Monitor:Postgres:ConnectionString.", e),
        PostgresErrorCodes.InsufficientPrivilege => new(
            $"User '{user}' lacks a right for the journal on {server}: {e.MessageText}. Where the schema is missing, it needs CREATE on the database. Grant it (see PostgresJournalSchema), or set another Username in Monitor:Postgres:ConnectionString.", e),
        _ => null,
    };
}
