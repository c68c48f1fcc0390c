using Microsoft.Extensions.Logging;

namespace Monitor.Journal.Sqlite;

internal sealed partial class JournalWriter
{
    [LoggerMessage(1010, LogLevel.Error, "The journal {Path} cannot be written. What is not acknowledged is refused until it can be written again")]
    private static partial void LogFailed(ILogger logger, Exception exception, string path);

    [LoggerMessage(1011, LogLevel.Information, "The journal {Path} can be written again")]
    private static partial void LogResumed(ILogger logger, string path);

    [LoggerMessage(1012, LogLevel.Information, "Retention dropped {Segments} segments of {Table}")]
    private static partial void LogTrimmed(ILogger logger, string table, int segments);
}
