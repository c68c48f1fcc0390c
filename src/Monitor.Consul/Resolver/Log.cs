using Microsoft.Extensions.Logging;

namespace Monitor.Consul.Resolver;

internal static partial class Log
{
    [LoggerMessage(4040, LogLevel.Warning, "Consul cannot say where {Service} is; what is known is kept, and Consul is asked until it answers.")]
    public static partial void Away(this ILogger logger, Exception exception, string service);

    [LoggerMessage(4041, LogLevel.Information, "Consul says again where {Service} is.")]
    public static partial void Returned(this ILogger logger, string service);

    [LoggerMessage(4042, LogLevel.Debug, "{Service} has {Count} servers.")]
    public static partial void Resolved(this ILogger logger, string service, int count);
}
