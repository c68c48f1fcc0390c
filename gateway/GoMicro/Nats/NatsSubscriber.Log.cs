namespace Monitor.Gateway.GoMicro.Nats;

internal sealed partial class NatsSubscriber
{
    [LoggerMessage(2050, LogLevel.Information, "Messages are taken from NATS at {Server}, by JetStream.")]
    private partial void LogTaking(string server);

    [LoggerMessage(2051, LogLevel.Information, "Messages are taken from NATS at {Server}, without JetStream: those that come while no gateway is connected are lost.")]
    private partial void LogTakingWithoutJetStream(string server);

    [LoggerMessage(2052, LogLevel.Warning, "NATS at {Servers} is away, and is tried again: {Reason}")]
    private partial void LogAway(string servers, string reason);

    [LoggerMessage(
        2053, LogLevel.Error,
        "NATS at {Servers} refuses, and is tried again: {Reason} Look at Monitor:GoMicro:Nats:User and Password, Token, CredentialsFile or NKeyFile, at what that login may do, and at JetStream's limits.")]
    private partial void LogRefused(string servers, string reason);

    [LoggerMessage(2058, LogLevel.Warning, "Messages from NATS were not in the journal after {Bound}: they are no longer waited for, and delivered again where JetStream is on.")]
    private partial void LogNotDrained(TimeSpan bound);
}
