using System.Buffers;
using System.Text.Json;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using Monitor.Gateway.Errors;
using Monitor.Gateway.Ingest;
using Monitor.Gateway.Queries;
using Monitor.Protocol;

namespace Monitor.Gateway.Http;

/// <summary>The methods as HTTP JSON, on the routes that the contract gives them.</summary>
internal sealed class JsonEndpoints(MonitorQueries queries, ReporterService reporter, ErrorMapping errors)
{
    private const string ContentType = "application/json";

    private static readonly JsonFormatter Details = new(new JsonFormatter.Settings(false)
        .WithTypeRegistry(TypeRegistry.FromMessages(BadRequest.Descriptor, RetryInfo.Descriptor)));

    public void Map(IEndpointRouteBuilder routes)
    {
        var monitor = Protocol.Monitor.Descriptor;
        MapGet<HealthChecksRequest, HealthChecksResponse>(routes, monitor, nameof(queries.HealthChecks), queries.HealthChecks);
        MapGet<ServicesRequest, ServicesResponse>(routes, monitor, nameof(queries.Services), queries.Services);
        MapGet<StatusRequest, StatusResponse>(routes, monitor, nameof(queries.Status), queries.Status);
        MapGet<StatsRequest, StatsResponse>(routes, monitor, nameof(queries.Stats), queries.Stats);
        MapGet<HistoryRequest, HistoryResponse>(routes, monitor, nameof(queries.History), queries.History);
        MapGet<SummaryRequest, SummaryResponse>(routes, monitor, nameof(queries.Summary), queries.Summary);

        var report = Reporter.Descriptor.FindMethodByName(nameof(reporter.Report));
        routes.MapPost(Rule(report).Post, context => AnswerAsync(context, report, async cancellationToken =>
        {
            var batch = await RequestBinder.FromBodyAsync<PublishRequest>(context.Request, cancellationToken);
            return await reporter.Report(batch.ToByteArray(), cancellationToken);
        })).WithDisplayName(report.FullName);

        routes.MapFallback("/v1/{**path}", context => WriteErrorAsync(context, Failure.NotFound($"There is no {context.Request.Method} {context.Request.Path}.")));
    }

    /// <summary>Where a method is served, from the contract.</summary>
    public static HttpRule Rule(MethodDescriptor method) => method.GetOptions().GetExtension(AnnotationsExtensions.Http);

    private void MapGet<TRequest, TResponse>(
        IEndpointRouteBuilder routes, Google.Protobuf.Reflection.ServiceDescriptor service, string name, Func<TRequest, CancellationToken, Task<TResponse>> handle)
        where TRequest : IMessage, new()
        where TResponse : IMessage
    {
        var method = service.FindMethodByName(name);
        routes
            .MapGet(Rule(method).Get, context => AnswerAsync(context, method, async cancellationToken => await handle(RequestBinder.FromQuery<TRequest>(context.Request.Query), cancellationToken)))
            .WithDisplayName(method.FullName);
    }

    private async Task AnswerAsync(HttpContext context, MethodDescriptor method, Func<CancellationToken, Task<IMessage>> handle)
    {
        try
        {
            var answer = await handle(context.RequestAborted);
            await WriteAsync(context, StatusCodes.Status200OK, writer => MessageJson.Contract.Write(writer, answer));
        }
        catch (Exception exception)
        {
            await WriteErrorAsync(context, errors.Map(exception, method.FullName, context.RequestAborted));
        }
    }

    private static Task WriteErrorAsync(HttpContext context, RpcException error)
    {
        if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested) return Task.CompletedTask;
        var status = error.GetRpcStatus();
        if (status?.Details.Select(detail => detail.TryUnpack<RetryInfo>(out var retry) ? retry : null).FirstOrDefault(retry => retry is not null) is { } info)
            context.Response.Headers.RetryAfter = info.RetryDelay.Seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return WriteAsync(context, HttpStatusOf(error.StatusCode), writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("code", (int)error.StatusCode);
            writer.WriteString("message", error.Status.Detail);
            writer.WriteStartArray("details");
            foreach (var detail in status?.Details ?? []) writer.WriteRawValue(Details.Format(detail));
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        // Written in full first: what fails in it can still be answered as an error.
        var buffer = new ArrayBufferWriter<byte>();
        await using (var writer = MessageJson.WriterTo(buffer)) write(writer);
        context.Response.StatusCode = status;
        context.Response.ContentType = ContentType;
        context.Response.ContentLength = buffer.WrittenCount;
        await context.Response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
    }

    private static int HttpStatusOf(StatusCode code) => code switch
    {
        StatusCode.OK => StatusCodes.Status200OK,
        StatusCode.InvalidArgument or StatusCode.OutOfRange or StatusCode.FailedPrecondition => StatusCodes.Status400BadRequest,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        StatusCode.Cancelled => StatusCodes.Status499ClientClosedRequest,
        StatusCode.Unimplemented => StatusCodes.Status501NotImplemented,
        _ => StatusCodes.Status500InternalServerError,
    };
}
