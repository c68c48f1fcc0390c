using System.Text.RegularExpressions;
using Monitor.Testing.Debian;

namespace Monitor.Testing.Postgres;

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

    private PostgresPrograms(string folder, IReadOnlyList<string> packages, IReadOnlyList<string> libraries) =>
        (Folder, Packages, LibraryFolders) = (folder, packages, libraries);

    /// <summary>Where <c>postgres</c> and <c>initdb</c> are.</summary>
    public string Folder { get; }

    /// <summary>Folders of the packages that were fetched for it; none where it is installed.</summary>
    public IReadOnlyList<string> Packages { get; }

    public IReadOnlyList<string> LibraryFolders { get; }

    public static async Task<PostgresPrograms> FindAsync(CancellationToken cancellationToken)
    {
        if (Installed() is { } folder) return new(folder, [], []);
        var packages = new List<string> { await DebianPackage.FetchAsync("postgresql-15", Suite, cancellationToken) };
        var programs = new PostgresPrograms(Path.Combine(packages[0], Fetched), packages, []);
        // What a fetched library needs shows only once it is there.
        while (await programs.MissingAsync(cancellationToken) is { Count: > 0 } missing)
        {
            foreach (var library in missing)
            {
                var package = Libraries.FirstOrDefault(known => library.StartsWith(known.Library, StringComparison.Ordinal)).Package
                    ?? throw new InvalidOperationException($"PostgreSQL needs {library}, which is not installed. Install postgresql.");
                var root = await DebianPackage.FetchAsync(package, Suite, cancellationToken);
                if (!packages.Contains(root)) packages.Add(root);
            }
            programs = new(programs.Folder, packages, Folders(packages));
        }
        return programs;
    }

    /// <summary>The same programs, with the packages in another place.</summary>
    public PostgresPrograms MovedTo(Func<string, string> place)
    {
        var packages = Packages.Select(place).ToList();
        return new(Path.Combine(packages[0], Fetched), packages, Folders(packages));
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
