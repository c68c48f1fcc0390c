using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monitor.LocalCluster;

/// <summary>All that is known of a cluster: what <c>cluster.json</c> holds.</summary>
internal sealed record ClusterState(string Server, string PostgresPassword, IReadOnlyDictionary<string, string> Settings, IReadOnlyList<Member> Members)
{
    public const string FileName = "cluster.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public IEnumerable<Member> Of(MemberKind kind) => Members.Where(member => member.Kind == kind);

    /// <exception cref="ClusterException">There is none of this name.</exception>
    public Member this[string name] => Members.FirstOrDefault(member => member.Name == name)
        ?? throw new ClusterException($"There is no member {name}; there is {string.Join(", ", Members.Select(member => member.Name))}.");

    /// <summary>With a member in place of the one of its name, or in its place in the order of starting.</summary>
    public ClusterState With(Member member) => this with
    {
        Members = [.. Members.Where(other => other.Name != member.Name).Append(member).OrderBy(other => other.Kind).ThenBy(other => other.Name.Length).ThenBy(other => other.Name, StringComparer.Ordinal)],
    };

    public ClusterState Without(string name) => this with { Members = [.. Members.Where(member => member.Name != name)] };

    /// <summary>The next free name of a kind: <c>silo-4</c>.</summary>
    public string NextName(MemberKind kind)
    {
        if (kind is MemberKind.Postgres or MemberKind.Example) return kind.ToString().ToLowerInvariant();
        for (var number = 1; ; number++)
        {
            var name = $"{kind.ToString().ToLowerInvariant()}-{number}";
            if (Members.All(member => member.Name != name)) return name;
        }
    }

    /// <summary>Null: the folder holds no cluster.</summary>
    /// <exception cref="ClusterException">The file is not what was written.</exception>
    public static ClusterState? Read(string folder)
    {
        var file = Path.Combine(folder, FileName);
        try
        {
            return JsonSerializer.Deserialize<ClusterState>(File.ReadAllText(file), Json) ?? throw new ClusterException($"{file} is empty.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or UnauthorizedAccessException)
        {
            throw new ClusterException($"{file} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Whoever reads at any moment sees the file before or after, whole. For its owner only: it holds a password.</summary>
    public void Write(string folder)
    {
        var file = Path.Combine(folder, FileName);
        var next = $"{file}.next";
        File.Delete(next);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(next, options))
        {
            JsonSerializer.Serialize(stream, this, Json);
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, file, overwrite: true);
    }
}
