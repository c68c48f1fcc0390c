namespace Monitor.LocalCluster.Programs;

/// <summary>Finds the program <c>consul</c>, and fetches it where the machine has none.</summary>
public static class ConsulProgram
{
    /// <summary>The release of Debian that has Consul as a package: later ones have not.</summary>
    private const string Suite = "bullseye";

    /// <summary>Its path: on the PATH, else fetched once as a Debian package, which is Consul 1.8.</summary>
    /// <exception cref="ClusterException">It is neither there nor to be had.</exception>
    public static async Task<string> FindAsync(CancellationToken cancellationToken = default)
    {
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, "consul"))
            .FirstOrDefault(File.Exists);
        if (onPath is not null) return onPath;
        try
        {
            return Path.Combine(await DebianPackage.FetchAsync("consul", Suite, cancellationToken), "usr", "bin", "consul");
        }
        catch (ClusterException e)
        {
            throw new ClusterException(
                $"consul is not on the PATH, and could not be fetched as Debian's package consul of {Suite}: {e.Message} Install Consul 1.8 or later, and put consul on the PATH.", e);
        }
    }
}
