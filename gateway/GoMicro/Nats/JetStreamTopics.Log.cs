namespace Monitor.Gateway.GoMicro.Nats;

internal sealed partial class JetStreamTopics
{
    [LoggerMessage(2054, LogLevel.Information, "JetStream keeps {Topics} in a stream that was made for it, {Stream}.")]
    private partial void LogMade(string stream, string topics);
}
