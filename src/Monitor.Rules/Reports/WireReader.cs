using System.Buffers.Binary;

namespace Monitor.Rules.Reports;

/// <summary>Protobuf's wire types.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    StartGroup = 3,
    EndGroup = 4,
    Fixed32 = 5,
}

/// <summary>
/// Reads the fields of one protobuf message. It never throws: what is malformed ends the message and sets <see cref="Malformed"/>, which the caller
/// looks at once, after the last field.
/// </summary>
internal ref struct WireReader(ReadOnlySpan<byte> payload, Slice message)
{
    // Google.Protobuf gives up at 100 levels, messages around the group included: what passes here must pass there.
    private const int MaxGroupDepth = 32;

    private readonly ReadOnlySpan<byte> payload = payload;
    private readonly int end = message.Offset + message.Length;
    private int position = message.Offset;

    public WireReader(ReadOnlySpan<byte> payload) : this(payload, new Slice(0, payload.Length)) { }

    public bool Malformed { get; private set; }

    /// <summary>Goes to the next field. False at the end, and where the rest is malformed.</summary>
    public bool Next(out int field, out WireType type)
    {
        if (position >= end)
        {
            field = 0;
            type = default;
            return false;
        }
        var tag = Varint();
        field = (int)(tag >> 3);
        type = (WireType)(tag & 7);
        if (Malformed || tag > uint.MaxValue || field == 0 || type is WireType.EndGroup or > WireType.Fixed32) return Fail();
        return true;
    }

    public ulong Varint()
    {
        if (position < end && payload[position] < 0x80) return payload[position++];
        var value = 0UL;
        for (var shift = 0; shift < 70 && position < end; shift += 7)
        {
            var next = payload[position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
        Fail();
        return 0;
    }

    public double Double()
    {
        if (end - position < sizeof(double))
        {
            Fail();
            return 0;
        }
        var value = BinaryPrimitives.ReadDoubleLittleEndian(payload[position..]);
        position += sizeof(double);
        return value;
    }

    public Slice Bytes()
    {
        var length = Varint();
        if (Malformed || length > (ulong)(end - position))
        {
            Fail();
            return default;
        }
        var bytes = new Slice(position, (int)length);
        position += (int)length;
        return bytes;
    }

    /// <summary>Passes over the value of the field that <see cref="Next"/> came to.</summary>
    public void Skip(int field, WireType type)
    {
        switch (type)
        {
            case WireType.Varint: Varint(); break;
            case WireType.Fixed64: Advance(8); break;
            case WireType.Bytes: Bytes(); break;
            case WireType.Fixed32: Advance(4); break;
            case WireType.StartGroup: SkipGroup(field); break;
            default: Fail(); break;
        }
    }

    private void SkipGroup(int field)
    {
        Span<int> open = stackalloc int[MaxGroupDepth];
        open[0] = field;
        var depth = 1;
        while (depth > 0)
        {
            if (position >= end)
            {
                Fail();
                return;
            }
            var tag = Varint();
            var inner = (int)(tag >> 3);
            var type = (WireType)(tag & 7);
            if (Malformed || tag > uint.MaxValue || inner == 0
                || (type == WireType.StartGroup && depth == MaxGroupDepth)
                || (type == WireType.EndGroup && open[depth - 1] != inner))
            {
                Fail();
                return;
            }
            if (type == WireType.StartGroup) open[depth++] = inner;
            else if (type == WireType.EndGroup) depth--;
            else Skip(inner, type);
        }
    }

    private void Advance(int bytes)
    {
        if (end - position < bytes) Fail();
        else position += bytes;
    }

    private bool Fail()
    {
        Malformed = true;
        position = end;
        return false;
    }
}
