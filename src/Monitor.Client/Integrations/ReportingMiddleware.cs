using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Monitor.Client.Integrations;

internal sealed class ReportingMiddleware(RequestDelegate next, MonitorReporter reporter)
{
    private readonly string service = reporter.Options.Service;

    public async Task InvokeAsync(HttpContext context)
    {
        var start = Stopwatch.GetTimestamp();
        var result = CallResult.Error;
        try
        {
            await next(context);
            result = context.Response.StatusCode switch
            {
                StatusCodes.Status408RequestTimeout or StatusCodes.Status504GatewayTimeout => CallResult.Dropped,
                >= 500 => CallResult.Error,
                _ => CallResult.Success,
            };
        }
        catch (Exception exception) when (exception is TimeoutException || (exception is OperationCanceledException && context.RequestAborted.IsCancellationRequested))
        {
            result = CallResult.Dropped;
            throw;
        }
        finally
        {
            if (!IsGrpc(context)) reporter.RecordStat(service, Method(context), Stopwatch.GetElapsedTime(start), result);
        }
    }

    // Counted by the interceptor, also when transcoded; or gRPC that nobody asked to count.
    private static bool IsGrpc(HttpContext context) =>
        context.Items.ContainsKey(MonitorServerInterceptor.Counted)
        || context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;

    private static string Method(HttpContext context) =>
        context.GetEndpoint() is RouteEndpoint route ? $"{Verb(context.Request.Method)} /{route.RoutePattern.RawText?.TrimStart('/')}" : "unmatched";

    // The request line is the client's to choose: only what is known may become the name of an endpoint.
    private static string Verb(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsPost(method) || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method) || HttpMethods.IsPatch(method)
        || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method)
            ? HttpMethods.GetCanonicalizedValue(method)
            : "OTHER";
}
