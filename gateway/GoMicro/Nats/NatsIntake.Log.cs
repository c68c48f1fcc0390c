namespace Monitor.Gateway.GoMicro.Nats;

internal sealed partial class NatsIntake
{
    [LoggerMessage(2057, LogLevel.Warning, "Messages of {Topic} come from NATS faster than they are taken. Without JetStream those beyond the bound are lost; they are counted as failed.")]
    private partial void LogOverflow(string topic);
}
