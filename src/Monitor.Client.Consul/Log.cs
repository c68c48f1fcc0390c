using Microsoft.Extensions.Logging;

namespace Monitor.Client.Consul;

/// <summary>Event ids 3100 to 3199.</summary>
internal static partial class Log
{
    [LoggerMessage(3100, LogLevel.Warning, "Consul knows of no healthy {Service} ({Address}); those that were known before hold.")]
    public static partial void NoServer(ILogger logger, string service, Uri address);

    [LoggerMessage(3101, LogLevel.Debug, "There are now {Count} servers by {Address}.")]
    public static partial void Servers(ILogger logger, int count, Uri address);
}
