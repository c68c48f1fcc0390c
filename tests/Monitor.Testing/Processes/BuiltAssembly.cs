using System.Reflection;

namespace Monitor.Testing.Processes;

/// <summary>Finds the built programs that belong to these tests: of the same checkout and configuration.</summary>
public static class BuiltAssembly
{
    /// <summary>The server.</summary>
    public static string Silo => Find("silo", "Monitor.Silo.dll");

    /// <summary>The command <c>monitor</c>.</summary>
    public static string Cli => Find(Path.Combine("src", "Monitor.Cli"), "monitor.dll");

    /// <summary>The dotnet that runs this process, whatever is first on the path.</summary>
    public static string DotnetHost => Monitor.LocalCluster.Programs.DotnetHost.Path;

    private static string Find(string project, string file)
    {
        var configuration = typeof(BuiltAssembly).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "Monitor.sln"))) continue;
            var path = Path.Combine(folder.FullName, project, "bin", configuration, $"net{Environment.Version.Major}.0", file);
            return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing. Build the project {project} in {configuration}.");
        }

        throw new DirectoryNotFoundException($"No Monitor.sln in {AppContext.BaseDirectory} or above it.");
    }
}
