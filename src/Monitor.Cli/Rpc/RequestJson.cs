using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Monitor.Cli.Rpc;

/// <summary>Reads a request from JSON: names in camelCase or snake_case, enums as names or numbers. What does not fit is named by its path.</summary>
internal static class RequestJson
{
    public static IMessage Parse(string json, MessageDescriptor type)
    {
        try
        {
            using (var document = JsonDocument.Parse(json))
            {
                if (document.RootElement.ValueKind != JsonValueKind.Object)
                    throw CommandFailure.Usage($"the request is not a JSON object but {Kind(document.RootElement)}");
                RefuseUnknown(document.RootElement, type, path: "");
            }

            return type.Parser.ParseJson(json);
        }
        catch (JsonException error)
        {
            throw CommandFailure.Usage($"the request is not JSON: {error.Message}");
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or FormatException or OverflowException or InvalidOperationException)
        {
            throw CommandFailure.Usage($"the request does not fit {type.FullName}: {error.Message}");
        }
    }

    // Protobuf's own parser refuses an unknown field too, but says neither where it is nor what there is.
    private static void RefuseUnknown(JsonElement element, MessageDescriptor type, string path)
    {
        foreach (var property in element.EnumerateObject())
        {
            var field = type.Fields.InDeclarationOrder().FirstOrDefault(known => known.JsonName == property.Name || known.Name == property.Name)
                ?? throw CommandFailure.Usage($"unknown field \"{path}{property.Name}\"; {type.FullName} has "
                    + string.Join(", ", type.Fields.InDeclarationOrder().Select(known => known.JsonName)));
            if (field.FieldType != FieldType.Message || field.IsMap)
                continue;
            if (property.Value.ValueKind == JsonValueKind.Object && !field.IsRepeated)
                RefuseUnknown(property.Value, field.MessageType, $"{path}{property.Name}.");
            if (property.Value.ValueKind == JsonValueKind.Array && field.IsRepeated)
            {
                foreach (var (index, item) in property.Value.EnumerateArray().Index().Where(entry => entry.Item.ValueKind == JsonValueKind.Object))
                    RefuseUnknown(item, field.MessageType, $"{path}{property.Name}[{index}].");
            }
        }
    }

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        _ => element.GetRawText(),
    };

}
