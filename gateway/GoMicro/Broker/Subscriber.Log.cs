namespace Monitor.Gateway.GoMicro.Broker;

internal sealed partial class Subscriber
{
    // A sender at fault is so again and again: the counters are for watching, this is for looking into it.
    [LoggerMessage(2030, LogLevel.Debug, "A message to topic {Topic} was refused: {Detail}")]
    private partial void LogRefused(string topic, string detail);
}
