using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Monitor.Cli.Rpc;

/// <summary>
/// Writes any message as the seed's JSON: keys in ordinal order at every level, enums and 64-bit integers as numbers, what has its default
/// value left out, entries of maps kept.
/// </summary>
internal static class ResponseJson
{
    private static readonly JsonWriterOptions Indented = new()
    {
        Indented = true,
        IndentCharacter = '\t',
        IndentSize = 1,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonWriterOptions Compact = Indented with { Indented = false };

    public static string Format(IMessage message, bool compact)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, compact ? Compact : Indented))
            WriteMessage(writer, message);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteMessage(Utf8JsonWriter writer, IMessage message)
    {
        writer.WriteStartObject();
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().OrderBy(field => field.JsonName, StringComparer.Ordinal))
        {
            if (!IsSet(field, message))
                continue;
            writer.WritePropertyName(field.JsonName);
            var value = field.Accessor.GetValue(message);
            if (field.IsMap)
                WriteMap(writer, (IDictionary)value, field.MessageType.FindFieldByNumber(2));
            else if (field.IsRepeated)
                WriteList(writer, (IList)value, field);
            else
                WriteValue(writer, value, field);
        }

        writer.WriteEndObject();
    }

    private static bool IsSet(FieldDescriptor field, IMessage message)
    {
        if (field.HasPresence)
            return field.Accessor.HasValue(message);
        return field.Accessor.GetValue(message) switch
        {
            ICollection collection => collection.Count > 0,
            string text => text.Length > 0,
            ByteString bytes => bytes.Length > 0,
            bool flag => flag,
            double number => number != 0,
            float number => number != 0,
            { } number => Convert.ToDecimal(number, CultureInfo.InvariantCulture) != 0,
        };
    }

    private static void WriteMap(Utf8JsonWriter writer, IDictionary map, FieldDescriptor valueField)
    {
        writer.WriteStartObject();
        var entries = map.Keys.Cast<object>()
            .Select(key => (Key: Convert.ToString(key, CultureInfo.InvariantCulture)!, Value: map[key]!))
            .OrderBy(entry => entry.Key, StringComparer.Ordinal);
        foreach (var (key, value) in entries)
        {
            writer.WritePropertyName(key);
            WriteValue(writer, value, valueField);
        }

        writer.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter writer, IList list, FieldDescriptor field)
    {
        writer.WriteStartArray();
        foreach (var item in list)
            WriteValue(writer, item!, field);
        writer.WriteEndArray();
    }

    private static void WriteValue(Utf8JsonWriter writer, object value, FieldDescriptor field)
    {
        switch (value)
        {
            case IMessage message:
                WriteMessage(writer, message);
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case ByteString bytes:
                writer.WriteBase64StringValue(bytes.Span);
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            // JSON has no such numbers; protobuf writes them as these strings.
            case double number when !double.IsFinite(number):
                writer.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
                break;
            case double number:
                writer.WriteNumberValue(number);
                break;
            case float number when !float.IsFinite(number):
                writer.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
                break;
            case float number:
                writer.WriteNumberValue(number);
                break;
            case ulong number:
                writer.WriteNumberValue(number);
                break;
            case var _ when field.FieldType == FieldType.Enum:
                writer.WriteNumberValue((int)value);
                break;
            default:
                writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
        }
    }
}
