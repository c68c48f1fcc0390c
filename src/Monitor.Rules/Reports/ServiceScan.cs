using System.Text.Unicode;
using Monitor.Protocol;

namespace Monitor.Rules.Reports;

/// <summary>Scans <see cref="Service"/>: of a batch or of a report. Scanning another occurrence merges it, as protobuf does.</summary>
internal struct ServiceScan
{
    private Slice id;
    private Slice firstNode;
    private bool hasNode;

    public Slice Name { get; private set; }

    public Slice Version { get; private set; }

    /// <summary>The id, or else the first node's.</summary>
    public readonly Slice Instance => id.IsEmpty ? firstNode : id;

    public Fault Fault { get; private set; }

    public bool Run(ReadOnlySpan<byte> payload, Slice message, bool strict)
    {
        var reader = new WireReader(payload, message);
        while (reader.Next(out var field, out var type))
        {
            if (field is < Service.NameFieldNumber or > Service.IdFieldNumber)
            {
                reader.Skip(field, type);
                continue;
            }
            if (type != WireType.Bytes)
            {
                if (strict) return Fail(new(FieldName(field), Fault.WrongType(type, WireType.Bytes)));
                reader.Skip(field, type);
                continue;
            }
            var value = reader.Bytes();
            if (reader.Malformed) break;
            if (field == Service.NodesFieldNumber)
            {
                if (!Node(payload, value, strict)) return false;
                continue;
            }
            if (strict && !Texts.Check(payload, value, FieldName(field), ReportLimits.KeyBytes, out var fault)) return Fail(fault);
            if (field == Service.NameFieldNumber) Name = value;
            else if (field == Service.VersionFieldNumber) Version = value;
            else id = value;
        }
        return !reader.Malformed || Fail(Fault.Malformed("Service"));
    }

    private bool Node(ReadOnlySpan<byte> payload, Slice message, bool strict)
    {
        var node = default(Slice);
        var reader = new WireReader(payload, message);
        while (reader.Next(out var field, out var type))
        {
            if (field != Protocol.Node.IdFieldNumber || (type != WireType.Bytes && !strict))
            {
                reader.Skip(field, type);
                continue;
            }
            if (type != WireType.Bytes) return Fail(new("nodes.id", Fault.WrongType(type, WireType.Bytes)));
            node = reader.Bytes();
            if (strict && !Texts.Check(payload, node, "nodes.id", ReportLimits.KeyBytes, out var fault)) return Fail(fault);
        }
        if (reader.Malformed) return Fail(Fault.Malformed("Node").Within("nodes"));
        if (!hasNode) firstNode = node;
        hasNode = true;
        return true;
    }

    private bool Fail(Fault fault)
    {
        Fault = fault;
        return false;
    }

    private static string FieldName(int field) => field switch
    {
        Service.NameFieldNumber => "name",
        Service.VersionFieldNumber => "version",
        Service.NodesFieldNumber => "nodes",
        _ => "id",
    };
}

/// <summary>Rules of strings.</summary>
internal static class Texts
{
    public static bool Check(ReadOnlySpan<byte> payload, Slice value, string field, int maxBytes, out Fault fault)
    {
        if (value.Length > maxBytes)
        {
            fault = new(field, $"It has {value.Length} bytes; at most {maxBytes} are allowed.");
            return false;
        }
        if (!Utf8.IsValid(value.Of(payload)))
        {
            fault = new(field, "It is not valid UTF-8.");
            return false;
        }
        fault = default;
        return true;
    }
}
