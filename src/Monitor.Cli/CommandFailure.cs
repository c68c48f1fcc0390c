using System.Net.Sockets;
using Google.Rpc;
using Grpc.Core;

namespace Monitor.Cli;

/// <summary>Ends a verb with one line for people and an exit code for programs.</summary>
internal sealed class CommandFailure(ExitCode exitCode, string message, Exception? cause = null) : Exception(message, cause)
{
    public ExitCode ExitCode => exitCode;

    /// <summary>Whether the same call may succeed a little later.</summary>
    public bool Transient => InnerException is RpcException error && (Died(error)
        || error.StatusCode is StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted or StatusCode.Aborted);

    public static CommandFailure Usage(string message) => new(ExitCode.Usage, message);

    /// <summary>Whether it is the server that failed, or the connection, and not the call. A ping that is not answered counts as an error of the protocol.</summary>
    public static bool Died(RpcException error) => error is { StatusCode: StatusCode.Unavailable } or { StatusCode: StatusCode.Internal, Status.DebugException: not null };

    /// <summary>Whoever says where the servers are knows of none, or is away: it may say so later.</summary>
    public static CommandFailure NoServer(string servers, string why) =>
        new(ExitCode.Unreachable, $"no server found by {servers}: {why}", new RpcException(new(StatusCode.Unavailable, why)));

    public static CommandFailure From(RpcException error, string server, TimeSpan timeout) => error.StatusCode switch
    {
        StatusCode.NotFound => new(ExitCode.NotFound, DetailOf(error, "not found"), error),
        StatusCode.InvalidArgument or StatusCode.OutOfRange or StatusCode.FailedPrecondition =>
            new(ExitCode.Usage, DetailOf(error, "invalid argument"), error),
        StatusCode.Unimplemented => new(ExitCode.Usage, $"{server} has no such method: {DetailOf(error, "not implemented")}", error),
        StatusCode.DeadlineExceeded => new(ExitCode.Unreachable, $"no answer from {server} within {Values.Duration.Format(timeout)}", error),
        StatusCode.Unavailable when error.Status.DebugException is { } cause =>
            new(ExitCode.Unreachable, $"cannot reach {server}: {ReasonOf(cause)}", error),
        StatusCode.Unavailable => new(ExitCode.Unreachable, $"{server} is unavailable: {DetailOf(error, "no reason given")}", error),
        // The usual cause is the HTTP address, or something that is no Monitor at all.
        StatusCode.Internal when error.Status.DebugException is { } cause =>
            new(ExitCode.Unreachable, $"{server} does not answer gRPC (is it the gRPC address?): {ReasonOf(cause)}", error),
        _ => new(ExitCode.Unreachable, $"{server} failed: {error.StatusCode}: {DetailOf(error, "no reason given")}", error),
    };

    // "Connection refused" says it best; below other failures is only plumbing.
    private static string ReasonOf(Exception cause) => (cause.GetBaseException() as SocketException ?? cause).Message;

    private static string DetailOf(RpcException error, string otherwise)
    {
        if (error.GetRpcStatus()?.GetDetail<BadRequest>() is { FieldViolations.Count: > 0 } bad)
            return string.Join("; ", bad.FieldViolations.Select(violation => $"{violation.Field}: {violation.Description}"));
        return string.IsNullOrEmpty(error.Status.Detail) ? otherwise : error.Status.Detail;
    }
}
