using Microsoft.Extensions.Logging;

namespace Monitor.Consul.GoMicro;

internal static partial class Log
{
    [LoggerMessage(4060, LogLevel.Information, "Registered {Id} as {Service} at {Address}:{Port} in go-micro's form.")]
    public static partial void Registered(this ILogger logger, string id, string service, string address, int port);

    [LoggerMessage(4061, LogLevel.Warning, "Consul could not be told of {Id}, which is in go-micro's form; trying again until it can.")]
    public static partial void NotTold(this ILogger logger, Exception exception, string id);

    [LoggerMessage(4062, LogLevel.Warning, "It cannot be told whether this server can serve go-micro: Consul is told that it cannot.")]
    public static partial void CannotTell(this ILogger logger, Exception exception);

    [LoggerMessage(4063, LogLevel.Warning, "Could not deregister {Id} from Consul: there it is unhealthy after {TimeToLive}, and gone after another {RemovedAfter}.")]
    public static partial void NotDeregistered(this ILogger logger, Exception exception, string id, TimeSpan timeToLive, TimeSpan removedAfter);
}
