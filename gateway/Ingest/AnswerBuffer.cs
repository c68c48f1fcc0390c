using System.Buffers;
using Google.Protobuf;
using Monitor.Protocol;

namespace Monitor.Gateway.Ingest;

/// <summary>A <see cref="PublishAnswers"/> in its wire form, filled and sent again and again by one stream.</summary>
internal sealed class AnswerBuffer
{
    private const byte AnswersTag = (PublishAnswers.AnswersFieldNumber << 3) | 2;
    private const byte IdTag = PublishResponse.IdFieldNumber << 3;
    private const byte AcceptedTag = PublishResponse.AcceptedFieldNumber << 3;

    // Tag and length of the answer, then two tags with varints of at most 10 and 5 bytes.
    private const int MaxPlainAnswer = 2 + 1 + 10 + 1 + 5;

    private readonly ArrayBufferWriter<byte> buffer = new(1024);

    public int Length => buffer.WrittenCount;

    public ReadOnlySpan<byte> Written => buffer.WrittenSpan;

    /// <summary>Adds the answer that all of a batch is accepted.</summary>
    public void Add(ulong id, int accepted)
    {
        var span = buffer.GetSpan(MaxPlainAnswer);
        var at = 2;
        if (id != 0)
        {
            span[at++] = IdTag;
            at += Varint(span[at..], id);
        }
        if (accepted != 0)
        {
            span[at++] = AcceptedTag;
            at += Varint(span[at..], (uint)accepted);
        }
        span[0] = AnswersTag;
        span[1] = (byte)(at - 2);
        buffer.Advance(at);
    }

    public void Add(PublishResponse answer)
    {
        var size = answer.CalculateSize();
        var span = buffer.GetSpan(1 + 5 + size);
        span[0] = AnswersTag;
        var at = 1 + Varint(span[1..], (uint)size);
        answer.WriteTo(span.Slice(at, size));
        buffer.Advance(at + size);
    }

    public void Clear() => buffer.ResetWrittenCount();

    private static int Varint(Span<byte> to, ulong value)
    {
        var at = 0;
        for (; value >= 0x80; value >>= 7) to[at++] = (byte)(value | 0x80);
        to[at++] = (byte)value;
        return at;
    }
}
