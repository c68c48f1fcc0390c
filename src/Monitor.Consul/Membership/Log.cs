using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Monitor.Consul.Membership;

internal static partial class Log
{
    [LoggerMessage(4000, LogLevel.Critical, "{Fault}")]
    public static partial void TableLost(this ILogger logger, string fault);

    [LoggerMessage(4001, LogLevel.Warning, "The membership table {Folder} is in Consul again.")]
    public static partial void TableFound(this ILogger logger, string folder);

    [LoggerMessage(4002, LogLevel.Information, "Created the membership table {Folder} in Consul.")]
    public static partial void TableCreated(this ILogger logger, string folder);

    [LoggerMessage(4003, LogLevel.Information, "Removed the dead silo {Silo} from the membership table {Folder}.")]
    public static partial void RemovedSilo(this ILogger logger, SiloAddress silo, string folder);

    [LoggerMessage(4005, LogLevel.Warning, "Waiting for Consul to answer, for the membership table {Folder}: {Failure}")]
    public static partial void WaitingForConsul(this ILogger logger, string folder, string failure);

    [LoggerMessage(4004, LogLevel.Debug, "The write of silo {Silo} was refused: the membership table {Folder} has changed since it was read.")]
    public static partial void StaleWrite(this ILogger logger, SiloAddress silo, string folder);
}
