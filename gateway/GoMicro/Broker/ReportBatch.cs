using Google.Protobuf;
using Monitor.Protocol;
using Monitor.Rules.Reports;

namespace Monitor.Gateway.GoMicro.Broker;

/// <summary>Makes a message a batch of one report. It has neither epoch nor sequence: order and duplicates go by timestamp and content.</summary>
internal static class ReportBatch
{
    private const byte ReportsTag = (PublishRequest.ReportsFieldNumber << 3) | 2;

    /// <summary>A <see cref="PublishRequest"/>. The message is not looked into.</summary>
    public static byte[] Of(ReportKind kind, ReadOnlySpan<byte> message)
    {
        // The kinds are numbered as the fields of a report.
        var tag = (byte)(((int)kind << 3) | 2);
        var report = 1 + CodedOutputStream.ComputeLengthSize(message.Length) + message.Length;
        var batch = new byte[1 + CodedOutputStream.ComputeLengthSize(report) + report];
        batch[0] = ReportsTag;
        var rest = WriteLength(batch.AsSpan(1), report);
        rest[0] = tag;
        message.CopyTo(WriteLength(rest[1..], message.Length));
        return batch;
    }

    private static Span<byte> WriteLength(Span<byte> to, int length)
    {
        var at = 0;
        for (; length >= 0x80; length >>= 7) to[at++] = (byte)(length | 0x80);
        to[at++] = (byte)length;
        return to[at..];
    }
}
