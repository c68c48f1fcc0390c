using System.Collections;
using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Monitor.Gateway.Http;

/// <summary>
/// Messages as the original's JSON: fields by name, in the order of names, defaults left out; enums and 64-bit integers as numbers. (Protobuf's own JSON
/// writes 64-bit integers as strings.)
/// </summary>
internal static class MessageJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly ConcurrentDictionary<MessageDescriptor, FieldDescriptor[]> FieldsOf = new();

    public static Utf8JsonWriter WriterTo(System.Buffers.IBufferWriter<byte> output) => new(output, Options);

    public static void Write(Utf8JsonWriter writer, IMessage message)
    {
        writer.WriteStartObject();
        foreach (var field in FieldsOf.GetOrAdd(message.Descriptor, static type => [.. type.Fields.InFieldNumberOrder().OrderBy(one => one.JsonName, StringComparer.Ordinal)]))
        {
            var value = field.Accessor.GetValue(message);
            if (!IsPresent(field, message, value)) continue;
            writer.WritePropertyName(field.JsonName);
            if (field.IsMap) WriteMap(writer, field, (IDictionary)value);
            else if (field.IsRepeated) WriteList(writer, (IList)value);
            else WriteValue(writer, value);
        }
        writer.WriteEndObject();
    }

    private static bool IsPresent(FieldDescriptor field, IMessage message, object? value)
    {
        if (field.HasPresence) return field.Accessor.HasValue(message);
        return value switch
        {
            ICollection collection => collection.Count > 0,
            string text => text.Length > 0,
            ByteString bytes => !bytes.IsEmpty,
            bool flag => flag,
            double number => number != 0,
            float number => number != 0,
            Enum one => Convert.ToInt32(one, null) != 0,
            ulong number => number != 0,
            IConvertible number => number.ToInt64(null) != 0,
            _ => value is not null,
        };
    }

    private static void WriteMap(Utf8JsonWriter writer, FieldDescriptor field, IDictionary map)
    {
        if (field.MessageType.FindFieldByNumber(1).FieldType != FieldType.String) throw new NotSupportedException($"{field.FullName}: only maps by string are known.");
        writer.WriteStartObject();
        foreach (var key in map.Keys.Cast<string>().Order(StringComparer.Ordinal))
        {
            writer.WritePropertyName(key);
            WriteValue(writer, map[key]!);
        }
        writer.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter writer, IList list)
    {
        writer.WriteStartArray();
        foreach (var value in list) WriteValue(writer, value!);
        writer.WriteEndArray();
    }

    private static void WriteValue(Utf8JsonWriter writer, object value)
    {
        switch (value)
        {
            case IMessage message: Write(writer, message); break;
            case string text: writer.WriteStringValue(text); break;
            case bool flag: writer.WriteBooleanValue(flag); break;
            case Enum one: writer.WriteNumberValue(Convert.ToInt32(one, null)); break;
            case int number: writer.WriteNumberValue(number); break;
            case uint number: writer.WriteNumberValue(number); break;
            case long number: writer.WriteNumberValue(number); break;
            case ulong number: writer.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): writer.WriteNumberValue(number); break;
            case double number: writer.WriteStringValue(number.ToString(System.Globalization.CultureInfo.InvariantCulture)); break;
            case ByteString bytes: writer.WriteBase64StringValue(bytes.Span); break;
            default: throw new NotSupportedException($"{value.GetType()} has no JSON here.");
        }
    }
}
