using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using Google.Protobuf;
using Monitor.Gateway.Errors;

namespace Monitor.Gateway.GoMicro.Rpc;

/// <summary>Frames: the length in four bytes, the highest first, and so many bytes.</summary>
internal static class Frames
{
    private const int LengthBytes = sizeof(uint);

    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: there is no whole frame.</exception>
    public static ReadOnlyMemory<byte> Take(ref ReadOnlyMemory<byte> rest, string which)
    {
        if (rest.Length < LengthBytes) throw Failure.Invalid("", $"The {which} frame is missing.");
        var length = BinaryPrimitives.ReadUInt32BigEndian(rest.Span);
        rest = rest[LengthBytes..];
        if (length > rest.Length)
            throw Failure.Invalid("", string.Create(CultureInfo.InvariantCulture, $"The {which} frame says {length} bytes, and {rest.Length} follow."));
        var frame = rest[..(int)length];
        rest = rest[(int)length..];
        return frame;
    }

    /// <summary>A frame with a message, or an empty one.</summary>
    public static void Write(IBufferWriter<byte> output, IMessage? message)
    {
        var length = message?.CalculateSize() ?? 0;
        BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(LengthBytes), length);
        output.Advance(LengthBytes);
        message?.WriteTo(output);
    }
}
