using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Monitor.Rules.Reports;

namespace Monitor.Gateway.GoMicro.Broker;

/// <summary>A message as the broker brings it.</summary>
/// <param name="Topic">Empty where it has none.</param>
/// <param name="ContentType">Of the body; empty where it is not said.</param>
/// <param name="Body">One report.</param>
internal readonly record struct BrokerMessage(string Topic, string ContentType, ReadOnlyMemory<byte> Body)
{
    /// <summary>Bytes of the largest envelope: a report of the largest size in base64, and what is around it.</summary>
    public const int MaxBytes = ReportLimits.BatchBytes / 3 * 4 + 256 * 1024;

    /// <summary>Reads an envelope: <c>{"Header":{…},"Body":"base64"}</c>, names in any case, others passed over.</summary>
    /// <param name="fault">What is wrong with it.</param>
    public static bool TryParse(ReadOnlySpan<byte> envelope, out BrokerMessage message, [NotNullWhen(false)] out string? fault)
    {
        message = new("", "", default);
        try
        {
            var reader = new Utf8JsonReader(envelope);
            reader.Read();
            fault = reader.TokenType == JsonTokenType.StartObject ? ReadEnvelope(ref reader, ref message) : $"the envelope is {Name(reader.TokenType)}, not an object";
            // What follows it must not be anything.
            if (fault is null) reader.Read();
            return fault is null;
        }
        catch (JsonException malformed)
        {
            fault = malformed.Message;
            return false;
        }
        catch (InvalidOperationException)
        {
            fault = "a string is not valid Unicode";
            return false;
        }
    }

    private static string? ReadEnvelope(ref Utf8JsonReader reader, ref BrokerMessage message)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (header, body) = (Is(ref reader, "Header"), Is(ref reader, "Body"));
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null) continue;
            if (header)
            {
                if (reader.TokenType != JsonTokenType.StartObject) return $"Header is {Name(reader.TokenType)}, not an object";
                if (ReadHeader(ref reader, ref message) is { } fault) return fault;
            }
            else if (body)
            {
                if (reader.TokenType != JsonTokenType.String || !reader.TryGetBytesFromBase64(out var bytes)) return "Body is not base64 in a string";
                message = message with { Body = bytes };
            }
            else
            {
                reader.Skip();
            }
        }
        return null;
    }

    private static string? ReadHeader(ref Utf8JsonReader reader, ref BrokerMessage message)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var contentType = Is(ref reader, "Content-Type");
            var topic = !contentType && IsTopic(ref reader);
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null) continue;
            if (reader.TokenType != JsonTokenType.String) return $"a value of Header is {Name(reader.TokenType)}, not a string";
            if (contentType) message = message with { ContentType = reader.GetString()! };
            else if (topic) message = message with { Topic = reader.GetString()! };
        }
        return null;
    }

    private static bool IsTopic(ref Utf8JsonReader reader)
    {
        foreach (var name in MicroHeaders.Topic)
            if (Is(ref reader, name)) return true;
        return false;
    }

    private static bool Is(ref Utf8JsonReader reader, string name)
    {
        // The usual spelling first: it costs no string.
        if (reader.ValueTextEquals(name)) return true;
        var length = reader.ValueSpan.Length;
        return (length == name.Length || reader.ValueIsEscaped) && string.Equals(reader.GetString(), name, StringComparison.OrdinalIgnoreCase);
    }

    private static string Name(JsonTokenType token) => token switch
    {
        JsonTokenType.StartArray => "an array",
        JsonTokenType.StartObject => "an object",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        _ => "null",
    };
}
