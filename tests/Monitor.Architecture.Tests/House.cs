using System.Reflection;
using System.Xml.Linq;

namespace Monitor.Architecture.Tests;

/// <summary>The rooms of the product, and which others each may know: the arrows point down only.</summary>
internal static class House
{
    /// <summary>The folder of the checkout.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>What each room may use. A new room needs a line here, and in the house plan.</summary>
    public static IReadOnlyDictionary<string, string[]> Arrows { get; } = new Dictionary<string, string[]>
    {
        ["Monitor.Protocol"] = [],
        ["Monitor.Rules"] = ["Monitor.Protocol"],
        ["Monitor.Journal"] = ["Monitor.Protocol"],
        ["Monitor.Streaming"] = ["Monitor.Journal", "Monitor.Protocol"],
        ["Monitor.Consul"] = [],
        ["Monitor.Client"] = ["Monitor.Protocol"],
        ["Monitor.LocalCluster"] = [],
        ["Monitor.Client.Consul"] = ["Monitor.Client", "Monitor.Consul"],
        ["Monitor.Cli"] = ["Monitor.Client", "Monitor.Client.Consul", "Monitor.Protocol", "Monitor.Consul", "Monitor.LocalCluster"],
        ["Monitor.Grains.Abstractions"] = ["Monitor.Protocol"],
        ["Monitor.Grains"] = ["Monitor.Grains.Abstractions", "Monitor.Rules", "Monitor.Journal", "Monitor.Streaming", "Monitor.Protocol"],
        ["Monitor.Gateway"] = ["Monitor.Protocol", "Monitor.Rules", "Monitor.Grains.Abstractions", "Monitor.Streaming", "Monitor.Journal", "Monitor.Consul"],
        ["Monitor.Silo"] =
        [
            "Monitor.Protocol", "Monitor.Rules", "Monitor.Journal", "Monitor.Streaming", "Monitor.Grains.Abstractions", "Monitor.Grains", "Monitor.Gateway",
            "Monitor.Client", "Monitor.Client.Consul", "Monitor.Consul",
        ],
    };

    public static IEnumerable<Assembly> Assemblies => Arrows.Keys.Select(Load);

    /// <summary>Every project of the product by its name, with the names of those it references.</summary>
    public static IReadOnlyDictionary<string, string[]> Projects { get; } = ReadProjects();

    public static Assembly Load(string room) => Assembly.Load(AssemblyName(room));

    /// <summary>The tool's assembly has the name of its command.</summary>
    public static string AssemblyName(string room) => room == "Monitor.Cli" ? "monitor" : room;

    private static string FindRoot()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Monitor.sln")))
            root = root.Parent ?? throw new DirectoryNotFoundException($"No Monitor.sln in {AppContext.BaseDirectory} or above it.");
        return root.FullName;
    }

    private static Dictionary<string, string[]> ReadProjects() =>
        new[] { "src", "grains", "silo", "gateway" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.csproj", SearchOption.AllDirectories))
            .ToDictionary(
                path => Path.GetFileNameWithoutExtension(path),
                path => XDocument.Load(path)
                    .Descendants("ProjectReference")
                    .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')))
                    .ToArray());
}
