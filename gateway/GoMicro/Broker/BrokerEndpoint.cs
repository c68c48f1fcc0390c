using System.Globalization;
using Grpc.Core;
using Monitor.Gateway.Ingest;

namespace Monitor.Gateway.GoMicro.Broker;

/// <summary>
/// The subscriber's side of go-micro's HTTP broker. 200 says that the report is durable. An error has the original's status and text where the original had one; what it dropped
/// silently, or died of, has one too.
/// </summary>
internal sealed class BrokerEndpoint(Subscriber subscriber, Subscriptions subscriptions, IngestAdmission admission)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.XContentTypeOptions = "nosniff";
            // The code within is the original's, too.
            await AnswerAsync(context, StatusCodes.Status405MethodNotAllowed, $"{subscriber.Refuse(StatusCodes.Status400BadRequest, "Method not allowed").Error}\n");
            return;
        }
        if ((await TakeAsync(context)).Error is not { } error || context.RequestAborted.IsCancellationRequested) return;
        if (error.Code is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
            context.Response.Headers.RetryAfter = 1.ToString(CultureInfo.InvariantCulture);
        await AnswerAsync(context, error.Code, error.ToString());
    }

    private async Task<Receipt> TakeAsync(HttpContext context)
    {
        try
        {
            using var body = await RequestBody.ReadAsync(context, BrokerMessage.MaxBytes, admission);
            if (MicroHeaders.TopicOf(context.Request.Headers) is { Length: > 0 } topic)
                return await subscriber.TakeAsync(new(topic, context.Request.ContentType ?? "", body.Bytes), context.RequestAborted);
            if (!BrokerMessage.TryParse(body.Bytes.Span, out var message, out var fault))
                return subscriber.Refuse(StatusCodes.Status500InternalServerError, $"Error parsing request body: {fault}");
            return IsForOther(context.Request, message.Topic) is { } unknown ? unknown : await subscriber.TakeAsync(message, context.RequestAborted);
        }
        catch (BodyRefusedException refused)
        {
            return subscriber.Refuse(refused.Status, $"Error reading request body: {refused.Message}");
        }
        catch (RpcException exhausted)
        {
            return subscriber.Fail(exhausted);
        }
        catch (Exception broken) when (broken is OperationCanceledException or IOException)
        {
            return subscriber.Refuse(StatusCodes.Status400BadRequest, "Error reading request body: it broke off.");
        }
    }

    /// <summary>A message for another subscriber, who was at this address once: to take it could be to count it twice.</summary>
    private Receipt? IsForOther(HttpRequest request, string topic)
    {
        var id = request.Query["id"].ToString();
        if (id.Length == 0 || Subscriptions.Find(topic) is not { } subscription || id == subscriptions.IdOf(subscription)) return null;
        return subscriber.Refuse(StatusCodes.Status404NotFound, $"There is no subscriber '{id}' here.", topic);
    }

    private static Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text);
    }
}
