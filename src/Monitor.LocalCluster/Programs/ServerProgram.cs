namespace Monitor.LocalCluster.Programs;

/// <summary>Finds the server, and builds it in a checkout of the source.</summary>
internal static class ServerProgram
{
    public const string Variable = "MONITOR_SERVER_PATH";

    private const string Assembly = "Monitor.Silo.dll";

    /// <summary>The path of <c>Monitor.Silo.dll</c> or of an executable.</summary>
    /// <param name="given">Where the caller says it is; null: he does not.</param>
    /// <param name="say">Told before something that takes its time.</param>
    /// <param name="cancellationToken">Ends the build.</param>
    /// <exception cref="ClusterException">It is not there, cannot be built, or nothing says where it is.</exception>
    public static async Task<string> FindAsync(string? given, Action<string> say, CancellationToken cancellationToken)
    {
        var path = given ?? (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } variable ? variable : null);
        if (path is not null)
        {
            path = Path.GetFullPath(path);
            if (Directory.Exists(path)) path = Path.Combine(path, Assembly);
            return File.Exists(path) ? path : throw new ClusterException($"There is no server at {path}{(given is null ? $", which {Variable} names" : "")}.");
        }

        var checkout = Checkout(Environment.CurrentDirectory) ?? Checkout(AppContext.BaseDirectory)
            ?? throw new ClusterException($"Where is the server? Name {Assembly} by --server-path or {Variable}, or go into a checkout of the source, where it is built.");
        return await BuildAsync(checkout, say, cancellationToken);
    }

    private static string? Checkout(string below)
    {
        for (var folder = new DirectoryInfo(below); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Monitor.sln")) && Directory.Exists(Path.Combine(folder.FullName, "silo"))) return folder.FullName;
        }

        return null;
    }

    private static async Task<string> BuildAsync(string checkout, Action<string> say, CancellationToken cancellationToken)
    {
        say($"building the server in {checkout}");
        var project = Path.Combine(checkout, "silo");
        var output = Path.Combine(project, "bin", "Release", $"net{Environment.Version.Major}.0", Assembly);
        // Servers of the build would stay behind, with the ends of our pipes in their hands.
        await Tool.RunAsync(
            DotnetHost.Path, ["build", project, "-c", "Release", "-v", "q", "--nologo", "--disable-build-servers"],
            new Dictionary<string, string> { ["MSBUILDDISABLENODEREUSE"] = "1", ["MSBUILDTERMINALLOGGER"] = "off" }, checkout, cancellationToken: cancellationToken);
        return File.Exists(output) ? output : throw new ClusterException($"{project} was built, and {output} is not there.");
    }
}
