namespace Monitor.LocalCluster.Programs;

/// <summary>The dotnet that runs this process, whatever is first on the path.</summary>
public static class DotnetHost
{
    /// <summary>Its path; <c>dotnet</c> where this process has a runtime of its own.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        // <root>/shared/Microsoft.NETCore.App/<version>/System.Private.CoreLib.dll
        var root = new FileInfo(typeof(object).Assembly.Location).Directory?.Parent?.Parent?.Parent?.FullName;
        var host = root is null ? null : System.IO.Path.Combine(root, "dotnet");
        return File.Exists(host) ? host : "dotnet";
    }
}
