namespace Monitor.Rules.Reports;

/// <summary>A field at fault. Its path grows from the inside out, so that nothing is built while all is well.</summary>
/// <param name="Field">Path within the message that was scanned; empty: the message itself.</param>
/// <param name="Message">The value, and what is allowed.</param>
internal readonly record struct Fault(string Field, string Message)
{
    public string Path(string parent) => Field.Length == 0 ? parent : $"{parent}.{Field}";

    public Fault Within(string parent) => this with { Field = Path(parent) };

    public static Fault Malformed(string type) => new("", $"It is malformed: no protobuf message of type {type}.");

    public static string WrongType(WireType type, WireType expected) => $"It is encoded as {Name(type)}; it must be {Name(expected)}.";

    private static string Name(WireType type) => type switch
    {
        WireType.Varint => "a varint",
        WireType.Fixed64 => "64 fixed bits",
        WireType.Bytes => "length and bytes",
        WireType.Fixed32 => "32 fixed bits",
        _ => "a group",
    };
}
