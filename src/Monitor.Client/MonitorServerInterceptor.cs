using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Monitor.Client.Integrations;

namespace Monitor.Client;

/// <summary>
/// Times the gRPC calls that a server handles, by service and method, until the handler returns. DEADLINE_EXCEEDED, and a cancellation after the deadline,
/// count as dropped; every other status but OK as an error. Add it with <c>AddGrpc(grpc => grpc.Interceptors.Add&lt;MonitorServerInterceptor>())</c>.
/// </summary>
public sealed class MonitorServerInterceptor(IMonitorReporter reporter) : Interceptor
{
    /// <summary>Marks a request, in its items, as counted here, for the middleware.</summary>
    internal static readonly object Counted = new();

    // By full method name. Only methods that exist get here, so their number is bounded.
    private readonly ConcurrentDictionary<string, (string Service, string Method)> names = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var timer = Start(context);
        try
        {
            var response = await continuation(request, context);
            timer.Ended(context.Status.StatusCode);
            return response;
        }
        catch (Exception exception)
        {
            timer.Failed(exception);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var timer = Start(context);
        try
        {
            var response = await continuation(requestStream, context);
            timer.Ended(context.Status.StatusCode);
            return response;
        }
        catch (Exception exception)
        {
            timer.Failed(exception);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var timer = Start(context);
        try
        {
            await continuation(request, responseStream, context);
            timer.Ended(context.Status.StatusCode);
        }
        catch (Exception exception)
        {
            timer.Failed(exception);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var timer = Start(context);
        try
        {
            await continuation(requestStream, responseStream, context);
            timer.Ended(context.Status.StatusCode);
        }
        catch (Exception exception)
        {
            timer.Failed(exception);
            throw;
        }
    }

    private CallTimer Start(ServerCallContext context)
    {
        // The user state of ASP.NET Core's gRPC, transcoded or not, is the items of the request.
        context.UserState[Counted] = Counted;
        var (service, method) = names.GetOrAdd(context.Method, static full =>
        {
            var slash = full.LastIndexOf('/');
            return slash < 0 ? ("", full) : (full[..slash].TrimStart('/'), full[(slash + 1)..]);
        });
        return new CallTimer(reporter, service, method, context.Deadline == DateTime.MaxValue ? null : context.Deadline);
    }
}
