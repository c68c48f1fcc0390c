using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Monitor.Consul.GoMicro;

/// <summary>
/// What go-micro's registry writes into the tags of a Consul service: a letter (<c>t</c> metadata, <c>v</c> version, <c>e</c> endpoint), then <c>=</c> and plain text, or <c>-</c> and the hex of
/// zlib data.
/// </summary>
public static class RegistryTags
{
    /// <summary>What one tag may hold once it is inflated: 64 KiB. A tag with more, as of a compressed bomb, is no tag.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>The tags of metadata: one for each entry, by name.</summary>
    public static IEnumerable<string> Metadata(IReadOnlyDictionary<string, string> metadata) => metadata
        .OrderBy(entry => entry.Key, StringComparer.Ordinal)
        .Select(entry => Encode('t', JsonSerializer.Serialize(new() { [entry.Key] = entry.Value }, GoMicroJson.Default.DictionaryStringString)));

    /// <summary>The tag of a version, without which go-micro's clients pass an entry over.</summary>
    public static string Version(string version) => Encode('v', version);

    /// <summary>The tag of an endpoint.</summary>
    public static string Endpoint(RegistryEndpoint endpoint) => Encode('e', JsonSerializer.Serialize(endpoint, GoMicroJson.Default.RegistryEndpoint));

    /// <summary>The version; null where no tag has one, so that go-micro's clients do not know the entry.</summary>
    public static string? VersionOf(IEnumerable<string> tags) => Decode('v', tags).FirstOrDefault();

    /// <summary>The metadata of all tags; what cannot be read is passed over.</summary>
    public static IReadOnlyDictionary<string, string> MetadataOf(IEnumerable<string> tags)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in Decode('t', tags))
        {
            if (Read(() => JsonSerializer.Deserialize(text, GoMicroJson.Default.DictionaryStringString)) is not { } entries) continue;
            foreach (var (name, value) in entries) metadata[name] = value;
        }
        return metadata;
    }

    /// <summary>The endpoints; what cannot be read is passed over.</summary>
    public static IReadOnlyList<RegistryEndpoint> EndpointsOf(IEnumerable<string> tags) =>
        [.. Decode('e', tags).Select(text => Read(() => JsonSerializer.Deserialize(text, GoMicroJson.Default.RegistryEndpoint))).OfType<RegistryEndpoint>()];

    private static T? Read<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Encode(char kind, string text)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(Encoding.UTF8.GetBytes(text));
        return $"{kind}-{Convert.ToHexStringLower(compressed.ToArray())}";
    }

    // As go-micro does, in the form that comes first: an entry may carry both.
    private static IEnumerable<string> Decode(char kind, IEnumerable<string> tags)
    {
        var form = '\0';
        foreach (var tag in tags)
        {
            if (tag.Length < 2 || tag[0] != kind || tag[1] is not ('=' or '-') || (form != '\0' && tag[1] != form)) continue;
            if ((tag[1] == '=' ? tag[2..] : Inflate(tag.AsSpan(2))) is not { } text) continue;
            form = tag[1];
            yield return text;
        }
    }

    private static string? Inflate(ReadOnlySpan<char> hex)
    {
        // The inflater takes nothing for the whole of an empty text.
        if (hex.IsEmpty) return null;
        try
        {
            using var zlib = new ZLibStream(new MemoryStream(Convert.FromHexString(hex)), CompressionMode.Decompress);
            var buffer = new byte[MaxBytes + 1];
            var length = zlib.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length <= MaxBytes ? Encoding.UTF8.GetString(buffer, 0, length) : null;
        }
        catch (Exception malformed) when (malformed is FormatException or InvalidDataException)
        {
            return null;
        }
    }
}
