using System.Globalization;

namespace Monitor.Consul.Http;

/// <summary>An instance of a service, as the catalog has it.</summary>
public sealed record ServiceEntry(ServiceNode Node, ServiceInstance Service);

public sealed record ServiceNode(string Node, string Address);

public sealed record ServiceInstance(string ID, string Service, string Address, int Port, string[]? Tags, Dictionary<string, string>? Meta);

/// <summary>The instances of a service.</summary>
/// <param name="Index">To be given to the next query, which then waits for a change.</param>
public sealed record ServiceList(ulong Index, IReadOnlyList<ServiceEntry> Entries);

public sealed partial class ConsulClient
{
    /// <summary>The instances of a service whose checks all pass. Those that the token may not read are left out, and nothing says so.</summary>
    /// <param name="index">Of an earlier answer: waits until something has changed since. 0: answers at once.</param>
    /// <param name="wait">How long it waits at most, give or take a sixteenth. Up to 10 min.</param>
    public async Task<ServiceList> HealthyAsync(string service, ulong index = 0, TimeSpan wait = default, CancellationToken cancellationToken = default)
    {
        var path = $"v1/health/service/{Uri.EscapeDataString(service)}?passing=true";
        if (index > 0) path += string.Create(CultureInfo.InvariantCulture, $"&index={index}&wait={(long)wait.TotalMilliseconds}ms");
        using var response = await SendAsync(
            HttpMethod.Get, path, null, Retry.Idempotent, cancellationToken, index > 0 ? wait + (wait / 16) : TimeSpan.Zero);
        await EnsureSuccessAsync(response, cancellationToken);
        var entries = await ReadAsync(response, ConsulJson.Default.ServiceEntryArray, cancellationToken);
        return new(IndexOf(response), entries);
    }

    private static ulong IndexOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Consul-Index", out var values) && ulong.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? index
            : 0;
}
