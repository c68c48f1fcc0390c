using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Monitor.Testing.GoMicro;

/// <summary>A node of a service, as go-micro's registry answers it.</summary>
public sealed record GoMicroNode(string Id, string Version, string Address, int Port, IReadOnlyDictionary<string, string> Metadata);

/// <summary>
/// Looks services up in Consul as go-micro of 2016 does: every entry of the name, whatever its checks; without those that have no version tag, and those with a critical check; the address is the
/// entry's own, even where it is empty. Written apart from the product's own code, which it tests.
/// </summary>
public sealed class GoMicroRegistry(Uri consul) : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = consul };

    public async Task<IReadOnlyList<GoMicroNode>> GetServiceAsync(string name, CancellationToken cancellationToken = default)
    {
        using var answer = JsonDocument.Parse(await http.GetStringAsync(new Uri($"v1/health/service/{Uri.EscapeDataString(name)}", UriKind.Relative), cancellationToken));
        var nodes = new List<GoMicroNode>();
        foreach (var entry in answer.RootElement.EnumerateArray())
        {
            var service = entry.GetProperty("Service");
            string[] tags = service.GetProperty("Tags") is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray().Select(tag => tag.GetString()!)] : [];
            if (service.GetProperty("Service").GetString() != name || Texts('v', tags).FirstOrDefault() is not { } version) continue;
            if (entry.GetProperty("Checks").EnumerateArray().Any(check => check.GetProperty("Status").GetString() == "critical")) continue;
            var metadata = new Dictionary<string, string>();
            foreach (var (key, value) in Texts('t', tags).SelectMany(text => JsonSerializer.Deserialize<Dictionary<string, string>>(text)!)) metadata[key] = value;
            nodes.Add(new(service.GetProperty("ID").GetString()!, version, service.GetProperty("Address").GetString()!, service.GetProperty("Port").GetInt32(), metadata));
        }
        return nodes;
    }

    public void Dispose() => http.Dispose();

    private static IEnumerable<string> Texts(char kind, string[] tags)
    {
        foreach (var tag in tags.Where(tag => tag.Length >= 2 && tag[0] == kind))
        {
            if (tag[1] == '=') yield return tag[2..];
            if (tag[1] != '-') continue;
            using var zlib = new StreamReader(new ZLibStream(new MemoryStream(Convert.FromHexString(tag[2..])), CompressionMode.Decompress), Encoding.UTF8);
            yield return zlib.ReadToEnd();
        }
    }
}
