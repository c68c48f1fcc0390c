using Microsoft.Extensions.Logging;

namespace Monitor.Journal.Postgres;

internal sealed partial class PostgresJournal
{
    [LoggerMessage(1030, LogLevel.Information, "Journal on {Server} is open in schema {Schema}: {Partitions} partitions")]
    private static partial void LogOpened(ILogger logger, string server, string schema, int partitions);

    [LoggerMessage(1031, LogLevel.Information, "Journal on {Server} is closed")]
    private static partial void LogClosed(ILogger logger, string server);

    [LoggerMessage(1032, LogLevel.Warning, "Waiting for the journal on {Server}, which cannot be opened yet: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string server, string reason);
}
