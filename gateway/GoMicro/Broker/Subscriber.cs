using Google.Protobuf;
using Grpc.Core;
using Monitor.Gateway.Errors;
using Monitor.Gateway.Ingest;
using Monitor.Protocol;
using Monitor.Rules.Reports;

namespace Monitor.Gateway.GoMicro.Broker;

/// <summary>Takes messages of one wire: each is one report, and is durable when it is taken.</summary>
internal sealed partial class Subscriber(BrokerWire wire, ReporterService reporter, ErrorMapping errors, GoMicroMetrics metrics, ILogger<Subscriber> logger)
{
    private const string ErrorId = "go.micro.broker";
    private const string ReportPath = "reports[0].";
    public const string NoTopic = "none";

    /// <summary>
    /// Takes a message. Messages are appended in the order in which this is called, whether or not the tasks are awaited; none of them fails.
    /// </summary>
    public async Task<Receipt> TakeAsync(BrokerMessage message, CancellationToken cancellationToken)
    {
        var subscription = Subscriptions.Find(message.Topic);
        try
        {
            if (message.Topic.Length == 0) return Refuse(StatusCodes.Status500InternalServerError, "Topic not found", NoTopic);
            if (subscription is null) return Refuse(StatusCodes.Status404NotFound, $"There is no subscription to topic '{message.Topic}'.", NoTopic);
            if (!TryRead(subscription.Kind, message, out var report))
                return Refuse(StatusCodes.Status415UnsupportedMediaType, $"Unsupported Content-Type: {message.ContentType}", subscription.Topic);

            var answer = await reporter.Report(ReportBatch.Of(subscription.Kind, report.Span), cancellationToken);
            if (answer.Outcomes.FirstOrDefault(outcome => outcome.Outcome == Outcome.Rejected) is { } rejected)
                return Refuse(StatusCodes.Status400BadRequest, Detail(rejected), subscription.Topic);
            metrics.CountMessage(WireOutcome.Accepted, subscription.Topic, wire);
            return Receipt.Accepted;
        }
        catch (Exception exception)
        {
            return Fail(errors.Map(exception, $"Message to {subscription?.Topic ?? NoTopic}", cancellationToken), subscription?.Topic ?? NoTopic);
        }
    }

    /// <summary>Counts what could not be taken, by whose fault it was.</summary>
    public Receipt Fail(RpcException failure, string topic = NoTopic)
    {
        var error = MicroError.Of(ErrorId, failure);
        if (failure.StatusCode == StatusCode.InvalidArgument) return Refuse(error.Code, error.Detail, topic);
        metrics.CountMessage(WireOutcome.Failed, topic, wire);
        return new(WireOutcome.Failed, error);
    }

    /// <summary>Counts what was refused before it was known which message it is.</summary>
    public Receipt Refuse(int code, string detail, string topic = NoTopic)
    {
        metrics.CountMessage(WireOutcome.Refused, topic, wire);
        LogRefused(topic, detail);
        return new(WireOutcome.Refused, new MicroError(ErrorId, code, detail));
    }

    private static bool TryRead(ReportKind kind, BrokerMessage message, out ReadOnlyMemory<byte> report)
    {
        report = message.Body;
        if (!ContentTypes.TryParse(message.ContentType, out var encoding))
        {
            // Where it is not said, the first character tells: no report begins with this one in protobuf.
            if (message.ContentType.Length > 0) return false;
            encoding = message.Body.Span is [(byte)'{', ..] ? Encoding.Json : Encoding.Protobuf;
        }
        if (encoding == Encoding.Json)
        {
            report = kind switch
            {
                ReportKind.HealthCheck => MicroJson.Parse<HealthCheck>(message.Body).ToByteArray(),
                ReportKind.Status => MicroJson.Parse<Protocol.Status>(message.Body).ToByteArray(),
                _ => MicroJson.Parse<Stats>(message.Body).ToByteArray(),
            };
        }
        return true;
    }

    private static string Detail(ReportOutcome rejected)
    {
        // The sender knows of no batch.
        return rejected.Field.StartsWith(ReportPath, StringComparison.Ordinal) ? $"{rejected.Field[ReportPath.Length..]}: {rejected.Message}" : rejected.Message;
    }
}
