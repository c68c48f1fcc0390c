using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Monitor.Gateway.Errors;

namespace Monitor.Gateway.GoMicro;

/// <summary>
/// Reads messages from JSON as Go's <c>encoding/json</c> does: names in snake_case, in any case; null leaves a field as it is; unknown names are passed over. 64-bit integers may
/// also be strings, enums also names, numbers with a fraction also <c>"NaN"</c>.
/// </summary>
internal static class MicroJson
{
    private static readonly ConcurrentDictionary<MessageDescriptor, IReadOnlyDictionary<string, FieldDescriptor>> FieldsOf = new();

    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: it is no JSON, or does not fit; names the field.</exception>
    public static T Parse<T>(ReadOnlyMemory<byte> json)
        where T : IMessage, new()
    {
        using var document = Document(json);
        return Parse<T>(document.RootElement);
    }

    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: it does not fit; names the field.</exception>
    public static T Parse<T>(JsonElement json)
        where T : IMessage, new()
    {
        var message = new T();
        if (json.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined)) Read(message, json, "");
        return message;
    }

    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: it is no JSON.</exception>
    public static JsonDocument Document(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException malformed)
        {
            throw Failure.Invalid("", $"It is no JSON: {malformed.Message}");
        }
    }

    /// <summary>A property by its name in any case; the last one counts.</summary>
    public static JsonElement? Property(JsonElement json, string name)
    {
        JsonElement? found = null;
        foreach (var property in json.EnumerateObject())
            if (Name(property, "").Equals(name, StringComparison.OrdinalIgnoreCase)) found = property.Value;
        return found;
    }

    /// <summary>Its text; null where it is none.</summary>
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: it is not Unicode.</exception>
    public static string? Text(JsonElement json, string path)
    {
        if (json.ValueKind != JsonValueKind.String) return null;
        try
        {
            return json.GetString();
        }
        catch (InvalidOperationException)
        {
            throw Failure.Invalid(path, "It is not valid Unicode.");
        }
    }

    private static void Read(IMessage message, JsonElement json, string path)
    {
        if (json.ValueKind != JsonValueKind.Object) throw Wrong(path, json, "an object");
        var fields = FieldsOf.GetOrAdd(message.Descriptor, static type => type.Fields.InFieldNumberOrder()
            .SelectMany(field => new[] { (field.Name, field), (Name: field.JsonName, field) })
            .DistinctBy(one => one.Name, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(one => one.Name, one => one.field, StringComparer.OrdinalIgnoreCase));
        foreach (var property in json.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Null || !fields.TryGetValue(Name(property, path), out var field)) continue;
            var at = path.Length == 0 ? field.Name : $"{path}.{field.Name}";
            if (field.IsMap) ReadMap((IDictionary)field.Accessor.GetValue(message), field, property.Value, at);
            else if (field.IsRepeated) ReadList((IList)field.Accessor.GetValue(message), field, property.Value, at);
            else field.Accessor.SetValue(message, Value(field, property.Value, at));
        }
    }

    private static void ReadMap(IDictionary map, FieldDescriptor field, JsonElement json, string path)
    {
        if (json.ValueKind != JsonValueKind.Object) throw Wrong(path, json, "an object");
        var value = field.MessageType.FindFieldByNumber(2);
        foreach (var property in json.EnumerateObject())
        {
            var key = Name(property, path);
            map[key] = property.Value.ValueKind == JsonValueKind.Null && value.FieldType == FieldType.String ? "" : Value(value, property.Value, $"{path}[\"{key}\"]");
        }
    }

    private static void ReadList(IList list, FieldDescriptor field, JsonElement json, string path)
    {
        if (json.ValueKind != JsonValueKind.Array) throw Wrong(path, json, "an array");
        foreach (var element in json.EnumerateArray()) list.Add(Value(field, element, string.Create(CultureInfo.InvariantCulture, $"{path}[{list.Count}]")));
    }

    private static object Value(FieldDescriptor field, JsonElement json, string path)
    {
        const NumberStyles Integer = NumberStyles.AllowLeadingSign;
        var culture = CultureInfo.InvariantCulture;
        var text = Text(json, path);
        switch (field.FieldType)
        {
            case FieldType.Message:
                var message = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                Read(message, json, path);
                return message;
            case FieldType.String:
                return text ?? throw Wrong(path, json, "a string");
            case FieldType.Bool:
                return json.ValueKind is JsonValueKind.True or JsonValueKind.False ? json.GetBoolean() : throw Wrong(path, json, "true or false");
            case FieldType.Int64:
                if (IsNumber(json) ? json.TryGetInt64(out var signed) : long.TryParse(text, Integer, culture, out signed)) return signed;
                throw Wrong(path, json, "an integer of 64 bits");
            case FieldType.UInt64:
                if (IsNumber(json) ? json.TryGetUInt64(out var unsigned) : ulong.TryParse(text, Integer, culture, out unsigned)) return unsigned;
                throw Wrong(path, json, "an integer of 64 bits from 0");
            case FieldType.Int32:
                return IsNumber(json) && json.TryGetInt32(out var small) ? small : throw Wrong(path, json, "an integer of 32 bits");
            case FieldType.UInt32:
                return IsNumber(json) && json.TryGetUInt32(out var least) ? least : throw Wrong(path, json, "an integer of 32 bits from 0");
            case FieldType.Double:
                if (IsNumber(json) ? json.TryGetDouble(out var number) : double.TryParse(text, NumberStyles.Float, culture, out number)) return number;
                throw Wrong(path, json, "a number");
            case FieldType.Enum:
                if (IsNumber(json) && json.TryGetInt32(out var value)) return Enum.ToObject(field.EnumType.ClrType, value);
                if (text is not null && field.EnumType.FindValueByName(text) is { } named) return Enum.ToObject(field.EnumType.ClrType, named.Number);
                throw Wrong(path, json, string.Join(", ", field.EnumType.Values.Select(one => $"{one.Name} ({one.Number})")));
            default:
                throw new NotSupportedException($"{field.FullName} has no JSON here.");
        }
    }

    private static bool IsNumber(JsonElement json) => json.ValueKind == JsonValueKind.Number;

    private static string Name(JsonProperty property, string path)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw Failure.Invalid(path, "A name is not valid Unicode.");
        }
    }

    private static Grpc.Core.RpcException Wrong(string path, JsonElement json, string allowed)
    {
        var raw = json.GetRawText();
        return Failure.Invalid(path, $"{(raw.Length <= 100 ? raw : $"{raw[..100]}…")} is not allowed: it must be {allowed}.");
    }
}
