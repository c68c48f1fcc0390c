using System.Globalization;
using System.Net;

namespace Monitor.Consul.Http;

public sealed partial class ConsulClient
{
    /// <summary>Reads a key as it is now, whoever is the leader; null where there is none.</summary>
    public async Task<KeyValue?> GetAsync(string key, CancellationToken cancellationToken = default) =>
        (await ReadKeysAsync($"v1/kv/{Escape(key)}?consistent", cancellationToken)).SingleOrDefault();

    /// <summary>
    /// Reads all keys that begin with a text, at one moment, as they are now. Keys that the token may not read are left out, and nothing says so.
    /// </summary>
    /// <param name="prefix">End it with a slash for a folder: <c>dev</c> would also read <c>dev2/…</c>.</param>
    public async Task<IReadOnlyList<KeyValue>> ListAsync(string prefix, CancellationToken cancellationToken = default) =>
        await ReadKeysAsync($"v1/kv/{Escape(prefix)}?recurse&consistent", cancellationToken);

    /// <summary>Writes a key whatever it holds.</summary>
    public async Task PutAsync(string key, byte[] value, CancellationToken cancellationToken = default)
    {
        using var response = await SendAsync(HttpMethod.Put, $"v1/kv/{Escape(key)}", () => Bytes(value), Retry.Idempotent, cancellationToken);
        await ReadTruthAsync(response, cancellationToken);
    }

    /// <summary>
    /// Writes a key if there is none, and goes on over all addresses until it is there. Answers whether this call is known to have made it: false also where
    /// an attempt did whose answer was lost.
    /// </summary>
    public Task<bool> CreateAsync(string key, byte[] value, CancellationToken cancellationToken = default) =>
        CompareAndSetAsync(key, value, 0, Retry.Idempotent, cancellationToken);

    /// <summary>Writes a key if its last write is the given one; 0: if there is none. Answers whether it did.</summary>
    public Task<bool> PutAsync(string key, byte[] value, ulong modifyIndex, CancellationToken cancellationToken = default) =>
        CompareAndSetAsync(key, value, modifyIndex, Retry.Unseen, cancellationToken);

    /// <summary>Deletes every key of a folder, and nothing beside it.</summary>
    /// <param name="folder">With its slash at the end.</param>
    /// <exception cref="ArgumentException">It does not end with a slash: <c>…@1</c> would also delete <c>…@10</c>.</exception>
    public async Task DeleteFolderAsync(string folder, CancellationToken cancellationToken = default)
    {
        if (folder.Length < 2 || !folder.EndsWith('/')) throw new ArgumentException($"'{folder}' is no folder: its name must end with a slash.", nameof(folder));
        using var response = await SendAsync(HttpMethod.Delete, $"v1/kv/{Escape(folder)}?recurse", null, Retry.Idempotent, cancellationToken);
        await ReadTruthAsync(response, cancellationToken);
    }

    private async Task<bool> CompareAndSetAsync(string key, byte[] value, ulong modifyIndex, Retry retry, CancellationToken cancellationToken)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"v1/kv/{Escape(key)}?cas={modifyIndex}");
        using var response = await SendAsync(HttpMethod.Put, path, () => Bytes(value), retry, cancellationToken);
        return await ReadTruthAsync(response, cancellationToken);
    }

    private async Task<IReadOnlyList<KeyValue>> ReadKeysAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, Retry.Idempotent, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound) return [];
        await EnsureSuccessAsync(response, cancellationToken);
        return await ReadAsync(response, ConsulJson.Default.KeyValueArray, cancellationToken);
    }

    private static async Task<bool> ReadTruthAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await EnsureSuccessAsync(response, cancellationToken);
        return await ReadAsync(response, ConsulJson.Default.Boolean, cancellationToken);
    }
}
