using System.Text.Json.Nodes;
using Google.Api;
using Google.Protobuf.Reflection;

namespace Monitor.Gateway.Http;

/// <summary>The OpenAPI document of the HTTP JSON, made from the contract.</summary>
internal static class OpenApiDocument
{
    private const string SchemaPath = "#/components/schemas/";
    private const string ErrorSchema = "Error";

    public static string Build()
    {
        var schemas = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal) { [ErrorSchema] = Error() };
        var paths = new JsonObject();
        foreach (var method in Contract.Services().SelectMany(service => service.Methods))
        {
            if (method.GetOptions()?.GetExtension(AnnotationsExtensions.Http) is not { } rule) continue;
            if (rule.PatternCase == HttpRule.PatternOneofCase.Get) paths[rule.Get] = new JsonObject { ["get"] = Operation(method, schemas, body: false) };
            else paths[rule.Post] = new JsonObject { ["post"] = Operation(method, schemas, body: true) };
        }
        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Monitor",
                ["version"] = typeof(OpenApiDocument).Assembly.GetName().Version?.ToString(3) ?? "",
                ["description"] = "A passive monitoring server: the latest of healthchecks, status and stats, and their history.",
            },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = new JsonObject(schemas.Select(schema => KeyValuePair.Create(schema.Key, (JsonNode?)schema.Value))) },
        }.ToJsonString();
    }

    private static JsonObject Operation(MethodDescriptor method, SortedDictionary<string, JsonNode> schemas, bool body)
    {
        var operation = new JsonObject { ["operationId"] = method.Name, ["tags"] = new JsonArray(method.Service.Name) };
        Describe(operation, method.Declaration);
        if (body) operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Json(Message(method.InputType, schemas)) };
        else operation["parameters"] = new JsonArray([.. method.InputType.Fields.InFieldNumberOrder().Select(Parameter)]);
        operation["responses"] = new JsonObject
        {
            ["200"] = new JsonObject { ["description"] = "The answer.", ["content"] = Json(Message(method.OutputType, schemas)) },
            ["default"] = new JsonObject { ["description"] = "An error.", ["content"] = Json(Reference(ErrorSchema)) },
        };
        return operation;
    }

    private static JsonObject Parameter(FieldDescriptor field)
    {
        var parameter = new JsonObject { ["name"] = field.JsonName, ["in"] = "query", ["required"] = false };
        Describe(parameter, field.Declaration);
        parameter["schema"] = field.FieldType == FieldType.Enum
            ? new JsonObject { ["oneOf"] = new JsonArray(EnumNumbers(field.EnumType), new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. field.EnumType.Values.Select(value => (JsonNode)value.Name)]) }) }
            : Scalar(field.FieldType);
        return parameter;
    }

    private static JsonObject Message(MessageDescriptor type, SortedDictionary<string, JsonNode> schemas)
    {
        var name = Name(type.FullName, type.File.Package);
        if (schemas.ContainsKey(name)) return Reference(name);
        var properties = new JsonObject();
        var schema = new JsonObject { ["type"] = "object" };
        schemas[name] = schema;
        Describe(schema, type.Declaration);
        foreach (var field in type.Fields.InFieldNumberOrder())
        {
            var property = field.IsMap
                ? new JsonObject { ["type"] = "object", ["additionalProperties"] = Value(field.MessageType.FindFieldByNumber(2), schemas) }
                : field.IsRepeated ? new JsonObject { ["type"] = "array", ["items"] = Value(field, schemas) }
                : Value(field, schemas);
            Describe(property, field.Declaration);
            properties[field.JsonName] = property;
        }
        schema["properties"] = properties;
        schema["additionalProperties"] = false;
        return Reference(name);
    }

    private static JsonObject Value(FieldDescriptor field, SortedDictionary<string, JsonNode> schemas) => field.FieldType switch
    {
        FieldType.Message => Message(field.MessageType, schemas),
        FieldType.Enum => Enumeration(field.EnumType, schemas),
        _ => Scalar(field.FieldType),
    };

    private static JsonObject Enumeration(EnumDescriptor type, SortedDictionary<string, JsonNode> schemas)
    {
        var name = Name(type.FullName, type.File.Package);
        if (!schemas.ContainsKey(name))
        {
            var schema = EnumNumbers(type);
            Describe(schema, type.Declaration);
            schemas[name] = schema;
        }
        return Reference(name);
    }

    private static JsonObject EnumNumbers(EnumDescriptor type) => new()
    {
        ["type"] = "integer",
        ["enum"] = new JsonArray([.. type.Values.Select(value => (JsonNode)value.Number)]),
        ["description"] = string.Join(", ", type.Values.Select(value => $"{value.Number} {value.Name}")) + ".",
    };

    private static JsonObject Scalar(FieldType type) => type switch
    {
        FieldType.String => new() { ["type"] = "string" },
        FieldType.Bool => new() { ["type"] = "boolean" },
        FieldType.Double => new() { ["type"] = "number", ["format"] = "double" },
        FieldType.Int32 => new() { ["type"] = "integer", ["format"] = "int32" },
        FieldType.UInt32 => new() { ["type"] = "integer", ["format"] = "uint32", ["minimum"] = 0 },
        FieldType.Int64 => new() { ["type"] = "integer", ["format"] = "int64" },
        FieldType.UInt64 => new() { ["type"] = "integer", ["format"] = "uint64", ["minimum"] = 0 },
        _ => throw new NotSupportedException($"{type} has no schema here."),
    };

    private static JsonObject Error() => new()
    {
        ["type"] = "object",
        ["required"] = new JsonArray("code", "message", "details"),
        ["properties"] = new JsonObject
        {
            ["code"] = new JsonObject { ["type"] = "integer", ["format"] = "int32", ["description"] = "The gRPC status." },
            ["message"] = new JsonObject { ["type"] = "string" },
            ["details"] = new JsonObject
            {
                ["type"] = "array",
                ["description"] = "google.rpc.BadRequest, which names the fields at fault, or google.rpc.RetryInfo.",
                ["items"] = new JsonObject { ["type"] = "object" },
            },
        },
    };

    private static JsonObject Reference(string name) => new() { ["$ref"] = SchemaPath + name };

    private static JsonObject Json(JsonObject schema) => new() { ["application/json"] = new JsonObject { ["schema"] = schema } };

    private static string Name(string fullName, string package) => fullName[(package.Length + 1)..];

    private static void Describe(JsonObject node, DescriptorDeclaration? declaration)
    {
        var text = declaration?.LeadingComments.Trim().ReplaceLineEndings("\n").Replace("\n ", "\n", StringComparison.Ordinal);
        if (string.IsNullOrEmpty(text)) return;
        node["description"] = (string?)node["description"] is { } said ? $"{text}\n\n{said}" : text;
    }
}
