using Grpc.Core;
using Grpc.Core.Interceptors;
using Monitor.Client.Integrations;

namespace Monitor.Client;

/// <summary>
/// Times the gRPC calls of a client by their service and method, from the start of a call to its status. DEADLINE_EXCEEDED, and a cancellation after the
/// deadline, count as dropped; every other status but OK as an error; a stream that the caller disposes of before its end as a success.
/// </summary>
public sealed class MonitorClientInterceptor(IMonitorReporter reporter) : Interceptor
{
    /// <inheritdoc/>
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var timer = Start(context);
        try
        {
            var response = continuation(request, context);
            timer.Ended(StatusCode.OK);
            return response;
        }
        catch (Exception exception)
        {
            timer.Failed(exception);
            throw;
        }
    }

    /// <inheritdoc/>
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var timer = Start(context);
        var call = continuation(request, context);
        return new AsyncUnaryCall<TResponse>(TimeAsync(call.ResponseAsync, timer), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    /// <inheritdoc/>
    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var timer = Start(context);
        var call = continuation(context);
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            call.RequestStream, TimeAsync(call.ResponseAsync, timer), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    /// <inheritdoc/>
    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var timer = Start(context);
        var call = continuation(request, context);
        return new AsyncServerStreamingCall<TResponse>(
            new TimedStreamReader<TResponse>(call.ResponseStream, timer), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, () => Dispose(timer, call));
    }

    /// <inheritdoc/>
    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var timer = Start(context);
        var call = continuation(context);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            call.RequestStream,
            new TimedStreamReader<TResponse>(call.ResponseStream, timer),
            call.ResponseHeadersAsync,
            call.GetStatus,
            call.GetTrailers,
            () => Dispose(timer, call));
    }

    private CallTimer Start<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class
        where TResponse : class => new(reporter, context.Method.ServiceName, context.Method.Name, context.Options.Deadline?.ToUniversalTime());

    private static async Task<TResponse> TimeAsync<TResponse>(Task<TResponse> response, CallTimer timer)
    {
        try
        {
            var result = await response;
            timer.Ended(StatusCode.OK);
            return result;
        }
        catch (Exception exception)
        {
            timer.Failed(exception);
            throw;
        }
    }

    private static void Dispose(CallTimer timer, IDisposable call)
    {
        timer.Record(CallResult.Success);
        call.Dispose();
    }
}
