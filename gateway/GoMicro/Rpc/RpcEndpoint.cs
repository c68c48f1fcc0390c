using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Monitor.Gateway.Errors;
using Monitor.Gateway.GoMicro.Broker;
using Monitor.Gateway.Http;
using Monitor.Gateway.Ingest;
using Monitor.Rules.Reports;

namespace Monitor.Gateway.GoMicro.Rpc;

/// <summary>
/// go-micro's RPC over HTTP. The status is always 200, and the headers are those of the request; errors are in the answer. Later versions also bring messages here, marked by a header with the
/// topic.
/// </summary>
internal sealed class RpcEndpoint(
    RpcMethods methods, Subscriber subscriber, IngestAdmission admission, ErrorMapping errors, GoMicroMetrics metrics, TimeProvider time)
{
    private const int MaxCallBytes = 1024 * 1024;
    private const string ErrorId = "go.micro.srv.monitor";
    private const string NoMethod = "none";

    public async Task HandleAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        MicroHeaders.Echo(request, response);
        var topic = MicroHeaders.TopicOf(request.Headers);
        try
        {
            using var body = await RequestBody.ReadAsync(context, topic.Length > 0 ? ReportLimits.BatchBytes : MaxCallBytes, admission);
            if (topic.Length > 0) await TakeAsync(context, new(topic, request.ContentType ?? "", body.Bytes));
            else if (ContentTypes.TryParse(request.ContentType, out var encoding)) await CallAsync(context, encoding.Value, body.Bytes);
            else await WriteTextAsync(response, Count(WireOutcome.Refused, $"Unsupported Content-Type: {request.ContentType}"));
        }
        catch (BodyRefusedException refused)
        {
            await WriteUnreadAsync(response, new(ErrorId, refused.Status, refused.Message), WireOutcome.Refused);
        }
        catch (RpcException exhausted)
        {
            await WriteUnreadAsync(response, MicroError.Of(ErrorId, exhausted), WireOutcome.Failed);
        }
        catch (Exception broken) when (broken is OperationCanceledException or IOException)
        {
            // Nobody is there to be answered.
            metrics.CountCall(WireOutcome.Refused, NoMethod);
        }
    }

    private async Task TakeAsync(HttpContext context, BrokerMessage message)
    {
        if ((await subscriber.TakeAsync(message, context.RequestAborted)).Error is not { } error) return;
        SetError(context.Response, error.ToString());
        await WriteTextAsync(context.Response, error.ToString());
    }

    private async Task CallAsync(HttpContext context, Encoding encoding, ReadOnlyMemory<byte> body)
    {
        var named = MicroHeaders.MethodOf(context.Request.Headers);
        var call = RpcRequest.Unreadable(encoding, named);
        IMessage? answer = null;
        string error;
        try
        {
            call = RpcRequest.Parse(encoding, named, body);
            (answer, error) = await AnswerAsync(call, context);
        }
        catch (RpcException unreadable)
        {
            error = Count(WireOutcome.Refused, MicroError.Of(ErrorId, unreadable).ToString());
        }
        if (context.RequestAborted.IsCancellationRequested) return;
        if (error.Length > 0 && (call.IsBare || MicroHeaders.IsLater(context.Request.Headers))) SetError(context.Response, error);
        await WriteAsync(context.Response, call, answer, error);
    }

    private async Task<(IMessage? Answer, string Error)> AnswerAsync(RpcRequest call, HttpContext context)
    {
        if (methods.Find(call.Method, out var fault) is not { } method) return (null, Count(WireOutcome.Refused, fault));
        using var timeout = TimeoutOf(context.Request) is { } limit ? new CancellationTokenSource(limit, time) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, context.RequestAborted);
        try
        {
            var answer = await method.AnswerAsync(call, either.Token).WaitAsync(either.Token);
            metrics.CountCall(WireOutcome.Accepted, call.Method);
            return (answer, "");
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return (null, Count(WireOutcome.Failed, new MicroError(method.ErrorId, StatusCodes.Status408RequestTimeout, "request timed out").ToString(), call.Method));
        }
        catch (Exception exception)
        {
            var failure = errors.Map(exception, call.Method, context.RequestAborted);
            var error = failure.StatusCode == StatusCode.NotFound ? new(method.ErrorId, method.UnknownId, "not found") : MicroError.Of(method.ErrorId, failure);
            var outcome = failure.StatusCode is StatusCode.NotFound or StatusCode.InvalidArgument ? WireOutcome.Refused : WireOutcome.Failed;
            return (null, Count(outcome, error.ToString(), call.Method));
        }
    }

    /// <summary>In nanoseconds; null where there is none, or too long a one to matter.</summary>
    private static TimeSpan? TimeoutOf(HttpRequest request) =>
        ulong.TryParse(request.Headers[MicroHeaders.Timeout].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var nanoseconds)
        && nanoseconds is > 0 and < 1_000_000_000UL * int.MaxValue / 1000
            ? TimeSpan.FromTicks(Math.Max(1, (long)(nanoseconds / TimeSpan.NanosecondsPerTick)))
            : null;

    private string Count(WireOutcome outcome, string error, string method = NoMethod)
    {
        metrics.CountCall(outcome, method);
        return error;
    }

    private static void SetError(HttpResponse response, string error)
    {
        // What the request named is in some, and may be beyond ASCII.
        var text = string.Concat(error.Select(static c => c is >= ' ' and <= '~' ? c : '?'));
        response.Headers[MicroHeaders.Error] = response.Headers[$"X-{MicroHeaders.Error}"] = text;
    }

    private static async Task WriteAsync(HttpResponse response, RpcRequest call, IMessage? answer, string error)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        if (call.Encoding == Encoding.Json) WriteJson(output, call, answer, error);
        else if (call.IsBare) answer?.WriteTo(output);
        else WriteFrames(output, call, answer, error);
        response.ContentLength = output.WrittenCount;
        await response.Body.WriteAsync(output.WrittenMemory);
    }

    private static void WriteJson(ArrayBufferWriter<byte> output, RpcRequest call, IMessage? answer, string error)
    {
        using (var writer = MessageJson.WriterTo(output))
        {
            if (!call.IsBare)
            {
                writer.WriteStartObject();
                writer.WritePropertyName("id");
                writer.WriteRawValue(call.Id.Span);
                writer.WritePropertyName("result");
            }
            if (answer is null) WriteEmpty(writer);
            else MessageJson.Original.Write(writer, answer);
            if (!call.IsBare)
            {
                writer.WriteString("error", error.Length > 0 ? error : null);
                writer.WriteEndObject();
            }
        }
        // As Go's encoder ends what it writes.
        output.Write("\n"u8);
    }

    private static void WriteEmpty(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteEndObject();
    }

    private static void WriteFrames(ArrayBufferWriter<byte> output, RpcRequest call, IMessage? answer, string error)
    {
        Frames.Write(output, new RpcEnvelope { ServiceMethod = call.Method, Seq = call.Sequence, Error = error });
        Frames.Write(output, answer);
    }

    /// <summary>What was not read whole is no call yet, and its failure HTTP's own: the one case in which the status is not 200.</summary>
    private Task WriteUnreadAsync(HttpResponse response, MicroError error, WireOutcome outcome)
    {
        response.StatusCode = error.Code;
        return WriteTextAsync(response, Count(outcome, error.ToString()));
    }

    private static Task WriteTextAsync(HttpResponse response, string text)
    {
        response.ContentType = "text/plain";
        return response.WriteAsync(text);
    }
}
