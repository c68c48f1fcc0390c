using System.Diagnostics.CodeAnalysis;
using Monitor.Gateway.GoMicro.Broker;
using NATS.Client.Core;

namespace Monitor.Gateway.GoMicro.Nats;

/// <summary>Reads what go-micro publishes to NATS: the envelope of its HTTP broker, on a subject that is the topic. A body is bare where NATS' own headers say what it is.</summary>
internal static class NatsMessage
{
    private const string ContentType = "Content-Type";

    /// <param name="fault">What is wrong with the envelope.</param>
    public static bool TryParse(string subject, NatsHeaders? headers, ReadOnlyMemory<byte> data, out BrokerMessage message, [NotNullWhen(false)] out string? fault)
    {
        var (topic, contentType) = headers is null ? ("", "") : (MicroHeaders.TopicOf(headers), headers.TryGetValue(ContentType, out var value) ? value.ToString() : "");
        // An envelope is JSON: what says that it is protobuf is none.
        if (topic.Length > 0 || (ContentTypes.TryParse(contentType, out var encoding) && encoding == Encoding.Protobuf))
        {
            message = new(topic.Length > 0 ? topic : subject, contentType, data);
            fault = null;
            return true;
        }
        if (!BrokerMessage.TryParse(data.Span, out message, out fault)) return false;
        // The broker of 2016 for NATS leaves the topic to the subject.
        if (message.Topic.Length == 0) message = message with { Topic = subject };
        return true;
    }
}
