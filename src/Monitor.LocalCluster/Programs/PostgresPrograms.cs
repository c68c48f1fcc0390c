using System.Text.RegularExpressions;

namespace Monitor.LocalCluster.Programs;

/// <summary>The server's programs: those that are installed, else Debian's, fetched.</summary>
internal sealed partial class PostgresPrograms
{
    private const string Suite = "bookworm";
    private const string DebianVersions = "/usr/lib/postgresql";
    private const string Fetched = "usr/lib/postgresql/15/bin";

    // Of the libraries that its programs load, and those load in turn, the ones that a small system may lack.
    private static readonly (string Library, string Package)[] Libraries =
    [
        ("libpq.so", "libpq5"), ("libicu", "libicu72"), ("libxml2.so", "libxml2"), ("libldap-", "libldap-2.5-0"), ("liblber-", "libldap-2.5-0"),
        ("liblz4.so", "liblz4-1"), ("libzstd.so", "libzstd1"), ("libsystemd.so", "libsystemd0"), ("libgssapi_krb5.so", "libgssapi-krb5-2"),
        ("libkrb5.so", "libkrb5-3"), ("libk5crypto.so", "libk5crypto3"), ("libkrb5support.so", "libkrb5support0"), ("libcom_err.so", "libcom-err2"),
        ("libkeyutils.so", "libkeyutils1"), ("libsasl2.so", "libsasl2-2"), ("libpam.so", "libpam0g"), ("libaudit.so", "libaudit1"), ("libcap-ng.so", "libcap-ng0"),
        ("libssl.so", "libssl3"), ("libcrypto.so", "libssl3"), ("liblzma.so", "liblzma5"), ("libgcrypt.so", "libgcrypt20"), ("libgpg-error.so", "libgpg-error0"),
        ("libcap.so", "libcap2"),
    ];

    private PostgresPrograms(string folder, IReadOnlyList<string> libraries) => (Folder, LibraryFolders) = (folder, libraries);

    /// <summary>Where <c>postgres</c> and <c>initdb</c> are.</summary>
    public string Folder { get; }

    /// <summary>Of the libraries that were fetched with them; none where they are installed.</summary>
    public IReadOnlyList<string> LibraryFolders { get; }

    /// <exception cref="ClusterException">They are neither there nor to be had.</exception>
    public static async Task<PostgresPrograms> FindAsync(CancellationToken cancellationToken)
    {
        if (Installed() is { } folder) return new(folder, []);
        try
        {
            return await FetchAsync(cancellationToken);
        }
        catch (ClusterException e)
        {
            throw new ClusterException(
                $"PostgreSQL's postgres and initdb are neither in {DebianVersions} nor on the PATH, and could not be fetched as Debian's package postgresql-15 of {Suite}: {e.Message} " +
                "Install PostgreSQL 15 or later, and put postgres and initdb on the PATH.",
                e);
        }
    }

    private static async Task<PostgresPrograms> FetchAsync(CancellationToken cancellationToken)
    {
        var packages = new List<string> { await DebianPackage.FetchAsync("postgresql-15", Suite, cancellationToken) };
        var programs = new PostgresPrograms(Path.Combine(packages[0], Fetched), []);
        // What a fetched library needs shows only once it is there.
        while (await programs.MissingAsync(cancellationToken) is { Count: > 0 } missing)
        {
            foreach (var library in missing)
            {
                var package = Libraries.FirstOrDefault(known => library.StartsWith(known.Library, StringComparison.Ordinal)).Package
                    ?? throw new ClusterException($"PostgreSQL needs {library}, which is not installed.");
                var root = await DebianPackage.FetchAsync(package, Suite, cancellationToken);
                if (!packages.Contains(root)) packages.Add(root);
            }
            programs = new(programs.Folder, Folders(packages));
        }
        return programs;
    }

    private static string? Installed()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        var versions = Directory.Exists(DebianVersions) ? Directory.GetDirectories(DebianVersions) : [];
        return versions.OrderByDescending(version => version.Length).ThenByDescending(version => version, StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")).Concat(path)
            .FirstOrDefault(folder => IsThere(Path.Combine(folder, "postgres")) && IsThere(Path.Combine(folder, "initdb")));
    }

    // A link may point to what was removed.
    private static bool IsThere(string file) => File.Exists(file) && (File.ResolveLinkTarget(file, returnFinalTarget: true)?.Exists ?? true);

    private static List<string> Folders(List<string> packages) =>
        [.. packages.SelectMany(package => (string[])[Path.Combine(package, "lib"), Path.Combine(package, "usr/lib")]).Where(Directory.Exists).SelectMany(Directory.EnumerateDirectories)];

    private async Task<List<string>> MissingAsync(CancellationToken cancellationToken)
    {
        var environment = new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = string.Join(':', LibraryFolders) };
        var missing = new HashSet<string>();
        foreach (var program in new[] { "postgres", "initdb" })
        {
            var loaded = await Tool.RunAsync("ldd", [Path.Combine(Folder, program)], environment, cancellationToken: cancellationToken);
            foreach (Match match in NotFound().Matches(loaded)) missing.Add(match.Groups[1].Value);
        }
        return [.. missing];
    }

    [GeneratedRegex(@"^\s*(\S+) => not found", RegexOptions.Multiline)]
    private static partial Regex NotFound();
}
