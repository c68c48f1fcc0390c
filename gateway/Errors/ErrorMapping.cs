using Grpc.Core;
using Grpc.Core.Interceptors;
using Monitor.Journal;
using Orleans.Runtime;

namespace Monitor.Gateway.Errors;

/// <summary>The one place where exceptions become statuses.</summary>
internal sealed partial class ErrorMapping(ILogger<ErrorMapping> logger)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    public RpcException Map(Exception exception, string method, CancellationToken cancellationToken)
    {
        switch (exception)
        {
            case RpcException rpc:
                return rpc;
            case var _ when cancellationToken.IsCancellationRequested:
                // Whatever failed, it did so because the caller has gone.
                return Failure.Cancelled();
            case JournalUnavailableException:
                LogUnavailable(method, exception);
                return Failure.Unavailable($"The journal is unavailable: {exception.Message} Try again.");
            case OperationCanceledException:
                return Failure.Unavailable("The server is stopping, or gave up waiting for a part of itself. Try again.");
            case LimitExceededException:
                LogUnavailable(method, exception);
                return Failure.Exhausted("A part of the server has too much to do. Try again after the delay.", RetryDelay);
            case TimeoutException or OrleansException:
                LogUnavailable(method, exception);
                return Failure.Unavailable("A part of the server cannot be reached at present. Try again.");
            default:
                LogFailed(method, exception);
                return Failure.Internal();
        }
    }
}

/// <summary>Maps what escapes gRPC methods.</summary>
internal sealed class ErrorInterceptor(ErrorMapping mapping) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception exception)
        {
            throw mapping.Map(exception, context.Method, context.CancellationToken);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception exception)
        {
            throw mapping.Map(exception, context.Method, context.CancellationToken);
        }
    }
}
