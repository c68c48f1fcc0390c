using System.Text.Json.Serialization;

namespace Monitor.Consul.GoMicro;

/// <summary>A method, as go-micro's registry describes it.</summary>
/// <param name="Name"><c>Monitor.HealthChecks</c>.</param>
public sealed record RegistryEndpoint(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("request")] RegistryValue? Request,
    [property: JsonPropertyName("response")] RegistryValue? Response,
    [property: JsonPropertyName("metadata")] Dictionary<string, string>? Metadata);

/// <summary>A message or a field of one.</summary>
/// <param name="Type">Of Go: <c>string</c>, <c>uint64</c>, the name of a message.</param>
/// <param name="Values">Its fields.</param>
public sealed record RegistryValue(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("values")] IReadOnlyList<RegistryValue>? Values);

[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(RegistryEndpoint))]
internal sealed partial class GoMicroJson : JsonSerializerContext;
