using System.Globalization;
using System.Xml.Linq;

namespace Monitor.Architecture.Tests.Deployment;

/// <summary>What the host's project says of the image that is made of it.</summary>
internal static class SiloProject
{
    private static readonly XDocument Project = XDocument.Load(Path.Combine(House.Root, "silo", "Monitor.Silo.csproj"));

    public static string Repository => Project.Descendants("ContainerRepository").Single().Value;

    public static string Version => XDocument.Load(Path.Combine(House.Root, "Directory.Build.props")).Descendants("Version").Single().Value;

    public static IReadOnlyList<int> Ports =>
        [.. Project.Descendants("ContainerPort").SelectMany(port => port.Attribute("Include")!.Value.Split(';')).Select(port => int.Parse(port, CultureInfo.InvariantCulture))];

    public static IReadOnlyDictionary<string, string> Environment =>
        Project.Descendants("ContainerEnvironmentVariable").ToDictionary(variable => variable.Attribute("Include")!.Value, variable => variable.Attribute("Value")!.Value);
}
