namespace Monitor.Gateway.Health;

internal sealed partial class CatchUp
{
    [LoggerMessage(2010, LogLevel.Information, "Caught up with the journal after {Milliseconds:F0} ms: queries are answered.")]
    private partial void LogCaughtUp(double milliseconds);

    [LoggerMessage(2011, LogLevel.Debug, "The partitions of {Topic} cannot be reached yet; trying again.")]
    private partial void LogUnreachable(string topic, Exception exception);
}
