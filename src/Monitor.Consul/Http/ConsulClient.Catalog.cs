namespace Monitor.Consul.Http;

public sealed partial class ConsulClient
{
    /// <summary>The names of all services, healthy or not, each with the tags that any of its instances has. Those that the token may not read are left out, and nothing says so.</summary>
    public async Task<IReadOnlyDictionary<string, string[]>> ServicesAsync(CancellationToken cancellationToken = default)
    {
        using var response = await SendAsync(HttpMethod.Get, "v1/catalog/services", null, Retry.Idempotent, cancellationToken);
        await EnsureSuccessAsync(response, cancellationToken);
        return await ReadAsync(response, ConsulJson.Default.DictionaryStringStringArray, cancellationToken);
    }
}
