using System.Reflection;

namespace Monitor.Testing.Processes;

/// <summary>Finds the built server that belongs to these tests: of the same checkout and configuration.</summary>
internal static class SiloAssembly
{
    public static string Path { get; } = Find();

    /// <summary>The dotnet that runs this process, whatever is first on the path.</summary>
    public static string DotnetHost { get; } = FindHost();

    private static string Find()
    {
        var configuration = typeof(SiloAssembly).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(System.IO.Path.Combine(folder.FullName, "Monitor.sln"))) continue;
            var framework = $"net{Environment.Version.Major}.0";
            var path = System.IO.Path.Combine(folder.FullName, "silo", "bin", configuration, framework, "Monitor.Silo.dll");
            return File.Exists(path) ? path : throw new FileNotFoundException($"The server is not built: {path} is missing. Build the project silo in {configuration}.");
        }

        throw new DirectoryNotFoundException($"No Monitor.sln in {AppContext.BaseDirectory} or above it.");
    }

    private static string FindHost()
    {
        // <root>/shared/Microsoft.NETCore.App/<version>/System.Private.CoreLib.dll
        var root = new FileInfo(typeof(object).Assembly.Location).Directory?.Parent?.Parent?.Parent?.FullName;
        var host = root is null ? null : System.IO.Path.Combine(root, "dotnet");
        return File.Exists(host) ? host : "dotnet";
    }
}
