using Microsoft.Extensions.Logging;

namespace Monitor.Consul.Registration;

internal static partial class Log
{
    [LoggerMessage(4020, LogLevel.Information, "Registered {Id} as {Service} at {Address}:{Port} with the Consul agent {Agent}.")]
    public static partial void Registered(this ILogger logger, string id, string service, string address, int port, Uri agent);

    [LoggerMessage(4021, LogLevel.Warning, "The Consul agent no longer knows {Id}, and is told again: {Answer}")]
    public static partial void Forgotten(this ILogger logger, string id, string answer);

    [LoggerMessage(4022, LogLevel.Warning, "Consul could not be told of {Id}; trying again until it can.")]
    public static partial void NotTold(this ILogger logger, Exception exception, string id);

    [LoggerMessage(4026, LogLevel.Warning, "Consul denies {Id}: {Answer}. This server runs, and is not found through Consul until the ACL token (Consul:Token) has service \"{Service}\" {{ policy = \"write\" }}.")]
    public static partial void Denied(this ILogger logger, string id, string service, string answer);

    [LoggerMessage(4023, LogLevel.Warning, "It cannot be told whether this server can serve: Consul is told that it cannot.")]
    public static partial void CannotTell(this ILogger logger, Exception exception);

    [LoggerMessage(4024, LogLevel.Information, "Deregistered {Id} from Consul.")]
    public static partial void Deregistered(this ILogger logger, string id);

    [LoggerMessage(4025, LogLevel.Warning, "Could not deregister {Id} from Consul: there it is unhealthy after {TimeToLive}, and gone after another {RemovedAfter}.")]
    public static partial void NotDeregistered(this ILogger logger, Exception exception, string id, TimeSpan timeToLive, TimeSpan removedAfter);
}
