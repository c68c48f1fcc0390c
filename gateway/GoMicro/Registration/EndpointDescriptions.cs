using Google.Protobuf.Reflection;
using Monitor.Consul.GoMicro;
using Monitor.Protocol;

namespace Monitor.Gateway.GoMicro.Registration;

/// <summary>Describes the methods as go-micro's registry does: for people, and tools that list what there is.</summary>
internal static class EndpointDescriptions
{
    // As deep as the original goes.
    private const int MaxDepth = 3;

    // Fields of ours that this wire does not show have numbers from here on, or are named.
    private const int FirstNewNumber = 16;

    private static readonly HashSet<string> New = ["page_token", "next_page_token", "view"];

    public static IReadOnlyList<RegistryEndpoint> All { get; } =
    [
        Of("Monitor.HealthChecks", HealthChecksRequest.Descriptor, HealthChecksResponse.Descriptor),
        Of("Monitor.Services", ServicesRequest.Descriptor, ServicesResponse.Descriptor),
        Of("Monitor.Status", StatusRequest.Descriptor, StatusResponse.Descriptor),
        Of("Monitor.Stats", StatsRequest.Descriptor, StatsResponse.Descriptor),
    ];

    private static RegistryEndpoint Of(string method, MessageDescriptor request, MessageDescriptor response) => new(method, Of(request), Of(response), []);

    private static RegistryValue Of(MessageDescriptor type) => new(type.Name, type.Name, Fields(type, 1));

    private static List<RegistryValue> Fields(MessageDescriptor type, int depth) =>
        [.. type.Fields.InFieldNumberOrder()
            .Where(field => field.FieldNumber < FirstNewNumber && !New.Contains(field.Name) && !(type == Service.Descriptor && field.FieldNumber == Service.IdFieldNumber))
            .Select(field => new RegistryValue(
                field.Name, TypeOf(field), field.FieldType == FieldType.Message && !field.IsMap && depth + 1 < MaxDepth ? Fields(field.MessageType, depth + 1) : null))];

    private static string TypeOf(FieldDescriptor field)
    {
        if (field.IsMap) return "map[string]string";
        var name = field.FieldType switch
        {
            FieldType.Message => field.MessageType.Name,
            FieldType.Enum => field.EnumType.ContainingType is { } outer ? $"{outer.Name}_{field.EnumType.Name}" : field.EnumType.Name,
            FieldType.Double => "float64",
            _ => field.FieldType.ToString().ToLowerInvariant(),
        };
        return field.IsRepeated ? $"[]{name}" : name;
    }
}
