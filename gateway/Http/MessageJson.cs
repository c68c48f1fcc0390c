using System.Collections;
using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Monitor.Gateway.Http;

/// <summary>
/// Messages as the original's JSON: defaults left out; enums and 64-bit integers as numbers, numbers that JSON has none for as strings (<c>"NaN"</c>). (Protobuf's own JSON writes
/// 64-bit integers as strings.)
/// </summary>
internal sealed class MessageJson
{
    /// <summary>As the contract names fields, <c>healthChecks</c>, in the order of names: what the original's tool prints.</summary>
    public static readonly MessageJson Contract = new(
        static field => field.JsonName, static type => type.Fields.InFieldNumberOrder().OrderBy(field => field.JsonName, StringComparer.Ordinal));

    /// <summary>As the original's server names fields, <c>healthchecks</c>, in the order of numbers.</summary>
    public static readonly MessageJson Original = new(static field => field.Name, static type => type.Fields.InFieldNumberOrder());

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ConcurrentDictionary<MessageDescriptor, (FieldDescriptor Field, string Name)[]> fieldsOf = new();
    private readonly Func<MessageDescriptor, (FieldDescriptor Field, string Name)[]> describe;

    private MessageJson(Func<FieldDescriptor, string> nameOf, Func<MessageDescriptor, IEnumerable<FieldDescriptor>> fieldsInOrder) =>
        describe = type => [.. fieldsInOrder(type).Select(field => (field, nameOf(field)))];

    public static Utf8JsonWriter WriterTo(System.Buffers.IBufferWriter<byte> output) => new(output, Options);

    public void Write(Utf8JsonWriter writer, IMessage message)
    {
        writer.WriteStartObject();
        foreach (var (field, name) in fieldsOf.GetOrAdd(message.Descriptor, describe))
        {
            var value = field.Accessor.GetValue(message);
            if (!IsPresent(field, message, value)) continue;
            writer.WritePropertyName(name);
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

    private void WriteMap(Utf8JsonWriter writer, FieldDescriptor field, IDictionary map)
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

    private void WriteList(Utf8JsonWriter writer, IList list)
    {
        writer.WriteStartArray();
        foreach (var value in list) WriteValue(writer, value!);
        writer.WriteEndArray();
    }

    private void WriteValue(Utf8JsonWriter writer, object value)
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
