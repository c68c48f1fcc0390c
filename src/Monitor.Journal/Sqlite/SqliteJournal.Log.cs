using Microsoft.Extensions.Logging;

namespace Monitor.Journal.Sqlite;

internal sealed partial class SqliteJournal
{
    [LoggerMessage(1000, LogLevel.Information, "Journal {Path} is open: {Partitions} partitions, {Segments} segments")]
    private static partial void LogOpened(ILogger logger, string path, int partitions, int segments);

    [LoggerMessage(1001, LogLevel.Information, "Journal {Path} is closed")]
    private static partial void LogClosed(ILogger logger, string path);
}
