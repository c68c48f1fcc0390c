namespace Monitor.Gateway.Queries;

internal sealed partial class SummaryQueries
{
    [LoggerMessage(2040, LogLevel.Warning, "Partition {Partition} is missing in a summary: {Reason}")]
    private partial void LogMissing(int partition, string reason);
}
