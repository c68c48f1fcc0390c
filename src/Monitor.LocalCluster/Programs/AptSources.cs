using System.Text.RegularExpressions;

namespace Monitor.LocalCluster.Programs;

/// <summary>The machine's own package sources, with another release in the place of its own: whatever mirror it uses serves the older ones too.</summary>
internal static partial class AptSources
{
    private const string Folder = "/etc/apt";

    /// <summary>The code name of the machine's release.</summary>
    public static string OwnSuite { get; } = FindOwnSuite();

    /// <summary>Writes the sources of a suite into a folder.</summary>
    public static void Write(string folder, string suite)
    {
        List<string> lines = [], stanzas = [];
        foreach (var file in Files("*.list").Prepend(Path.Combine(Folder, "sources.list")).Where(File.Exists))
            lines.AddRange(File.ReadLines(file).Select(line => OfLine(line, suite)).OfType<string>());
        foreach (var file in Files("*.sources"))
            stanzas.AddRange(BlankLines().Split(File.ReadAllText(file)).Select(stanza => OfStanza(stanza, suite)).OfType<string>());
        if (lines.Count + stanzas.Count == 0) throw new ClusterException($"No source of {OwnSuite} in {Folder} that could serve {suite}.");

        File.WriteAllText(Path.Combine(folder, "suite.list"), string.Join('\n', lines.Distinct()) + "\n");
        File.WriteAllText(Path.Combine(folder, "suite.sources"), string.Join("\n\n", stanzas.Distinct()) + "\n");
    }

    private static IEnumerable<string> Files(string pattern) =>
        Directory.Exists($"{Folder}/sources.list.d") ? Directory.EnumerateFiles($"{Folder}/sources.list.d", pattern).Order(StringComparer.Ordinal) : [];

    // deb [options] uri suite component…
    private static string? OfLine(string line, string suite) =>
        Line().Match(line) is { Success: true } match && IsOwn(match.Groups[2].Value) ? $"{match.Groups[1].Value} {suite} main" : null;

    // Fields, each of which may go on in lines that begin with a space.
    private static string? OfStanza(string stanza, string suite)
    {
        var fields = FieldStart().Split(string.Join('\n', stanza.Split('\n').Where(line => !line.StartsWith('#')))).Where(field => field.Length > 0).ToList();
        if (!fields.Exists(field => Is(field, "Suites") && Words(field).Any(IsOwn))) return null;
        if (!fields.Exists(field => Is(field, "Types") && Words(field).Contains("deb"))) return null;
        if (fields.Exists(field => Is(field, "Enabled") && Words(field).Contains("no"))) return null;

        var kept = fields.Where(field => !Is(field, "Suites") && !Is(field, "Types") && !Is(field, "Components")).Select(field => field.TrimEnd());
        return string.Join('\n', ["Types: deb", $"Suites: {suite}", "Components: main", .. kept]);
    }

    private static bool Is(string field, string name) => field.StartsWith($"{name}:", StringComparison.OrdinalIgnoreCase);

    private static string[] Words(string field) => field[(field.IndexOf(':', StringComparison.Ordinal) + 1)..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    // Not its updates and security suites: those of an older release have other names, or are gone.
    private static bool IsOwn(string suite) => suite == OwnSuite || suite == "stable";

    private static string FindOwnSuite()
    {
        const string release = "/etc/os-release";
        var lines = File.Exists(release) ? File.ReadAllLines(release) : [];
        return lines.Contains("ID=debian") && lines.FirstOrDefault(line => line.StartsWith("VERSION_CODENAME=", StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim('"')
            : throw new ClusterException("This machine is no release of Debian, whose packages are fetched elsewhere.");
    }

    [GeneratedRegex(@"^(deb\s+(?:\[[^\]]*\]\s+)?\S+)\s+(\S+)\s")]
    private static partial Regex Line();

    [GeneratedRegex(@"\n\s*\n")]
    private static partial Regex BlankLines();

    [GeneratedRegex(@"^(?=[A-Za-z-]+:)", RegexOptions.Multiline)]
    private static partial Regex FieldStart();
}
