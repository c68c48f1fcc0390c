using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Monitor.Gateway.Errors;

/// <summary>The errors that callers see, with details for programs (google.rpc).</summary>
internal static class Failure
{
    /// <summary>INVALID_ARGUMENT: names the field, its value and what is allowed.</summary>
    public static RpcException Invalid(string field, string message) => Of(
        Code.InvalidArgument,
        field.Length == 0 ? message : $"{field}: {message}",
        new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = field, Description = message } } });

    public static RpcException NotFound(string message) => Of(Code.NotFound, message);

    /// <summary>FAILED_PRECONDITION: the server is not set up for it.</summary>
    public static RpcException Precondition(string message) => Of(Code.FailedPrecondition, message);

    public static RpcException Unavailable(string message) => Of(Code.Unavailable, message);

    public static RpcException Cancelled() => Of(Code.Cancelled, "The call was cancelled.");

    public static RpcException Internal() => Of(Code.Internal, "An internal error; the server's log has it.");

    /// <summary>RESOURCE_EXHAUSTED: try again after the delay.</summary>
    public static RpcException Exhausted(string message, TimeSpan delay)
    {
        var failure = Of(Code.ResourceExhausted, message, new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) });
        failure.Trailers.Add("grpc-retry-pushback-ms", ((long)delay.TotalMilliseconds).ToString(System.Globalization.CultureInfo.InvariantCulture));
        return failure;
    }

    private static RpcException Of(Code code, string message, IMessage? detail = null)
    {
        var status = new Google.Rpc.Status { Code = (int)code, Message = message };
        if (detail is not null) status.Details.Add(Any.Pack(detail));
        return status.ToRpcException();
    }
}
