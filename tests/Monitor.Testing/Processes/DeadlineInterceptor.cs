using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Monitor.Testing.Processes;

/// <summary>Gives every unary call a deadline, so that a server which does not answer fails a test and never hangs it.</summary>
internal sealed class DeadlineInterceptor(TimeSpan timeout) : Interceptor
{
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var options = context.Options.WithDeadline(context.Options.Deadline ?? TimeProvider.System.GetUtcNow().UtcDateTime + timeout);
        return continuation(request, new(context.Method, context.Host, options));
    }
}
