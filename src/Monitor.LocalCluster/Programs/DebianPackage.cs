using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Monitor.LocalCluster.Programs;

/// <summary>
/// Programs of Debian packages that a cluster or a test needs and the machine has not installed: fetched by the machine's own apt into a cache of the user, unpacked and
/// not installed, so no right of root is needed and nothing of the system changes.
/// </summary>
public static class DebianPackage
{
    /// <summary>Where what was fetched is kept, for all checkouts of this user.</summary>
    public static string Cache { get; } = Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
            ? cache
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "monitor");

    /// <summary>
    /// Answers the folder that a package was unpacked in (so <c>usr/bin</c> is below it), and fetches it first where it is not there yet. Without what it
    /// depends on: fetch that by its own name. Safe for several processes at once.
    /// </summary>
    /// <param name="name">The package: <c>consul</c>.</param>
    /// <param name="suite">The release of Debian by its code name, older ones too: <c>bullseye</c>. Null: the machine's own.</param>
    /// <exception cref="ClusterException">This is no Debian, or apt could not fetch it; says what apt said.</exception>
    public static async Task<string> FetchAsync(string name, string? suite = null, CancellationToken cancellationToken = default)
    {
        suite ??= AptSources.OwnSuite;
        var folder = Path.Combine(Cache, "debian", $"{suite}-{RuntimeInformation.OSArchitecture.ToString().ToLower(CultureInfo.InvariantCulture)}");
        var root = Path.Combine(folder, "packages", name);
        if (Directory.Exists(root)) return root;

        Directory.CreateDirectory(Path.Combine(folder, "packages"));
        await using var fileLock = await LockAsync(Path.Combine(folder, "lock"), cancellationToken);
        if (Directory.Exists(root)) return root;

        var apt = await Apt.PrepareAsync(folder, suite, cancellationToken);
        var (file, sha256) = await DownloadAsync(apt, name, cancellationToken);
        var actual = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(file, cancellationToken)));
        if (actual != sha256) throw new ClusterException($"{file} has the SHA-256 {actual}, and {suite}'s index says {sha256}.");

        // Moved in place when it is whole: a folder that is there is complete.
        var unpacked = Path.Combine(folder, $"unpacking-{name}");
        if (Directory.Exists(unpacked)) Directory.Delete(unpacked, recursive: true);
        await Tool.RunAsync("dpkg", ["-x", file, unpacked], cancellationToken: cancellationToken);
        File.Delete(file);
        Directory.Move(unpacked, root);
        return root;
    }

    private static async Task<(string File, string Sha256)> DownloadAsync(Apt apt, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await apt.DownloadAsync(name, cancellationToken);
        }
        catch (ClusterException)
        {
            // No index yet, or one so old that its files are gone.
        }

        ClusterException? notUpdated = null;
        try
        {
            await apt.UpdateAsync(cancellationToken);
        }
        catch (ClusterException e)
        {
            // Of several sources, one that answers will do.
            notUpdated = e;
        }

        try
        {
            return await apt.DownloadAsync(name, cancellationToken);
        }
        catch (ClusterException) when (notUpdated is not null)
        {
            throw notUpdated;
        }
    }

    private static async Task<FileStream> LockAsync(string path, CancellationToken cancellationToken)
    {
        for (; ; )
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                // Another process or test is fetching.
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
            }
        }
    }
}
