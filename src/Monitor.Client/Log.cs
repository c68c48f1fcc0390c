using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Monitor.Client;

/// <summary>Event ids 3000 to 3099.</summary>
internal static partial class Log
{
    [LoggerMessage(3000, LogLevel.Information, "Reports to {Server} as instance {Instance} of service {Service}, every {Interval}.")]
    public static partial void Started(ILogger logger, AddressResolver server, string instance, string service, TimeSpan interval);

    [LoggerMessage(3001, LogLevel.Information, "Reports no more: everything is delivered.")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(3002, LogLevel.Warning, "Reports no more: {Timeout} did not suffice to deliver everything.")]
    public static partial void StoppedUndelivered(ILogger logger, TimeSpan timeout);

    [LoggerMessage(3003, LogLevel.Warning, "Lost the server at {Server}: {StatusCode}, {Detail}. Tries again in {Delay}; {Since} more such failures since this was last said.")]
    public static partial void Disconnected(ILogger logger, string? server, StatusCode statusCode, string detail, TimeSpan delay, int since);

    [LoggerMessage(3004, LogLevel.Information, "The server at {Server} answers.")]
    public static partial void Connected(ILogger logger, Uri server);

    [LoggerMessage(3005, LogLevel.Warning, "The server rejected {Count} reports, the first for {Field}: {Message}. {Since} more such answers since this was last said.")]
    public static partial void Rejected(ILogger logger, uint count, string field, string message, int since);

    [LoggerMessage(3006, LogLevel.Error, "The server refused a batch of {Count} reports, which are dropped: {Detail}")]
    public static partial void BatchRefused(ILogger logger, int count, string detail);

    [LoggerMessage(3007, LogLevel.Debug, "The server answered batch {Id}, which is not waiting for an answer.")]
    public static partial void UnknownAnswer(ILogger logger, ulong id);

    [LoggerMessage(3008, LogLevel.Warning, "The buffer is full: {Count} reports are lost. {Since} more times since this was last said.")]
    public static partial void BufferFull(ILogger logger, long count, int since);

    [LoggerMessage(3009, LogLevel.Error, "A tick failed.")]
    public static partial void TickFailed(ILogger logger, Exception exception);

    [LoggerMessage(3010, LogLevel.Error, "Delivery failed, and goes on.")]
    public static partial void DeliveryFailed(ILogger logger, Exception exception);

    [LoggerMessage(3011, LogLevel.Information, "Leaves the server at {Server}, which is no longer among those of {Servers}.")]
    public static partial void Dropped(ILogger logger, Uri server, AddressResolver servers);

    [LoggerMessage(3012, LogLevel.Error, "{Servers} cannot say when the servers change; stays with this one while it answers.")]
    public static partial void ChangesUnknown(ILogger logger, AddressResolver servers, Exception exception);
}
