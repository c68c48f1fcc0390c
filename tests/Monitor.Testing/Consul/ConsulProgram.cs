using Monitor.Testing.Debian;

namespace Monitor.Testing.Consul;

/// <summary>Finds the program <c>consul</c>, and fetches it where the machine has none.</summary>
public static class ConsulProgram
{
    /// <summary>The release of Debian that has Consul as a package: later ones have not.</summary>
    private const string Suite = "bullseye";

    /// <summary>Its path: on the PATH, else fetched once as a Debian package, which is Consul 1.8.</summary>
    /// <exception cref="InvalidOperationException">It is neither there nor to be had.</exception>
    public static async Task<string> FindAsync(CancellationToken cancellationToken = default)
    {
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, "consul"))
            .FirstOrDefault(File.Exists);
        return onPath ?? Path.Combine(await DebianPackage.FetchAsync("consul", Suite, cancellationToken), "usr", "bin", "consul");
    }
}
