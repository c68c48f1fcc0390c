using System.Text.Json.Serialization;

namespace Monitor.Consul.Http;

/// <summary>A service as an agent is told of it.</summary>
public sealed record ServiceRegistration
{
    /// <summary>Unique within the agent.</summary>
    [JsonPropertyName("ID")]
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Empty: the agent's own.</summary>
    public string Address { get; init; } = "";

    public int Port { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Keys of letters, digits, <c>-</c> and <c>_</c>.</summary>
    public IReadOnlyDictionary<string, string> Meta { get; init; } = new Dictionary<string, string>();

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TtlCheck? Check { get; init; }
}

/// <summary>A check that goes critical by itself unless it is told otherwise in time. Durations as Consul writes them: <c>10s</c>.</summary>
public sealed record TtlCheck(
    [property: JsonPropertyName("TTL")] string TimeToLive, string Status, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? DeregisterCriticalServiceAfter);

/// <summary>What a check is told.</summary>
public enum CheckStatus
{
    Passing,
    Warning,
    Critical,
}

public sealed partial class ConsulClient
{
    /// <summary>Registers a service with the agent, or replaces the registration with its id.</summary>
    public async Task RegisterAsync(ServiceRegistration service, CancellationToken cancellationToken = default)
    {
        using var response = await SendAsync(
            HttpMethod.Put, "v1/agent/service/register?replace-existing-checks=true", () => Json(service, ConsulJson.Default.ServiceRegistration), Retry.AgentLocal,
            cancellationToken);
        await EnsureSuccessAsync(response, cancellationToken);
    }

    /// <summary>Ends a registration. That the agent has forgotten it is an error of status 404, or 500 in older versions.</summary>
    public async Task DeregisterAsync(string serviceId, CancellationToken cancellationToken = default)
    {
        using var response = await SendAsync(
            HttpMethod.Put, $"v1/agent/service/deregister/{Uri.EscapeDataString(serviceId)}", null, Retry.AgentLocal, cancellationToken);
        await EnsureSuccessAsync(response, cancellationToken);
    }

    /// <summary>Tells the TTL check of a service how it is, which also restarts its time.</summary>
    /// <param name="serviceId">Of a service that was registered with one <see cref="TtlCheck"/>.</param>
    /// <param name="note">Shown beside the check.</param>
    /// <exception cref="ConsulException">Among others: the agent does not know the check, because it has forgotten the registration; status 404, or 500 in older versions.</exception>
    public async Task UpdateCheckAsync(string serviceId, CheckStatus status, string note, CancellationToken cancellationToken = default)
    {
        var verb = status switch { CheckStatus.Passing => "pass", CheckStatus.Warning => "warn", _ => "fail" };
        using var response = await SendAsync(
            HttpMethod.Put, $"v1/agent/check/{verb}/{Uri.EscapeDataString($"service:{serviceId}")}?note={Uri.EscapeDataString(note)}", null, Retry.AgentLocal,
            cancellationToken);
        await EnsureSuccessAsync(response, cancellationToken);
    }
}
