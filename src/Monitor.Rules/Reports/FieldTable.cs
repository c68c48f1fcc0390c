namespace Monitor.Rules.Reports;

/// <summary>The fields that a message may have, by number: name, for messages of error, and wire type.</summary>
internal sealed class FieldTable
{
    private readonly (string? Name, WireType Type)[] fields;

    public FieldTable(params (int Number, string Name, WireType Type)[] known)
    {
        fields = new (string?, WireType)[known.Max(field => field.Number) + 1];
        foreach (var (number, name, type) in known) fields[number] = (name, type);
    }

    /// <summary>Name null: unknown.</summary>
    public (string? Name, WireType Type) this[int number] => (uint)number < (uint)fields.Length ? fields[number] : default;
}
