using System.Buffers;
using Google.Protobuf;
using Grpc.Core;
using Monitor.Protocol;

namespace Monitor.Client.Delivery;

/// <summary>
/// Reporter.Publish on bytes that are encoded already. A message followed by another is the two merged: so what a sending adds to a batch is
/// written behind it.
/// </summary>
internal static class PublishMethod
{
    public static readonly Method<Frame, PublishAnswers> Method = new(
        MethodType.DuplexStreaming,
        Reporter.Descriptor.FullName,
        "Publish",
        new Marshaller<Frame>(Serialize, static _ => throw new NotSupportedException("A frame is only sent.")),
        new Marshaller<PublishAnswers>(
            static (_, _) => throw new NotSupportedException("An answer is only received."),
            static context => PublishAnswers.Parser.ParseFrom(context.PayloadAsReadOnlySequence())));

    private static void Serialize(Frame frame, SerializationContext context)
    {
        var addition = new PublishRequest { Lost = frame.Lost, Acknowledge = frame.Resent ? Acknowledge.Applied : Acknowledge.Durable };
        context.SetPayloadLength(frame.Payload.Length + addition.CalculateSize());
        var writer = context.GetBufferWriter();
        writer.Write(frame.Payload);
        addition.WriteTo(writer);
        context.Complete();
    }
}
