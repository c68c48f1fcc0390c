using System.Text.RegularExpressions;

namespace Monitor.LocalCluster.Programs;

/// <summary>The machine's apt with sources, lists and cache of its own, for one suite.</summary>
internal sealed partial class Apt
{
    private readonly string folder;
    private readonly string suite;

    private Apt(string folder, string suite) => (this.folder, this.suite) = (folder, suite);

    private string Configuration => Path.Combine(folder, "apt.conf");

    public static async Task<Apt> PrepareAsync(string folder, string suite, CancellationToken cancellationToken)
    {
        foreach (var part in new[] { "none", "sources.list.d", "state/lists/partial", "cache/archives/partial", "download" }) Directory.CreateDirectory(Path.Combine(folder, part));
        AptSources.Write(Path.Combine(folder, "sources.list.d"), suite);
        await File.WriteAllTextAsync(Path.Combine(folder, "state", "status"), string.Empty, cancellationToken);

        // The machine's ways out (proxies, certificates) without its hooks, which would act on the system's own cache.
        var machine = await Tool.RunAsync("apt-config", ["dump"], cancellationToken: cancellationToken);
        var network = machine.Split('\n').Where(line => NetworkSetting().IsMatch(line));
        var apt = new Apt(folder, suite);
        await File.WriteAllTextAsync(
            apt.Configuration,
            $"""
            {string.Join('\n', network)}
            Acquire::Languages "none";
            Acquire::Check-Valid-Until "false";
            Acquire::Retries "3";
            APT::Update::Error-Mode "any";
            APT::Sandbox::User "{Environment.UserName}";
            Dir::Etc::Parts "{folder}/none";
            Dir::Etc::Main "/dev/null";
            Dir::Etc::Preferences "/dev/null";
            Dir::Etc::PreferencesParts "{folder}/none";
            Dir::Etc::SourceList "/dev/null";
            Dir::Etc::SourceParts "{folder}/sources.list.d";
            Dir::State "{folder}/state";
            Dir::State::Status "{folder}/state/status";
            Dir::Cache "{folder}/cache";

            """,
            cancellationToken);
        return apt;
    }

    public async Task UpdateAsync(CancellationToken cancellationToken) => await RunAsync("apt-get", ["update", "-q"], cancellationToken);

    /// <summary>Downloads a package; answers the file and the SHA-256 that the signed index gives.</summary>
    public async Task<(string File, string Sha256)> DownloadAsync(string name, CancellationToken cancellationToken)
    {
        var shown = await RunAsync("apt-cache", ["show", "--no-all-versions", name], cancellationToken);
        var sha256 = Sha256().Match(shown) is { Success: true } match
            ? match.Groups[1].Value
            : throw new ClusterException($"{suite} has no package {name}.");

        var target = Path.Combine(folder, "download");
        foreach (var old in Directory.EnumerateFiles(target)) File.Delete(old);
        await RunAsync("apt-get", ["download", "-q", name], cancellationToken, target);
        return (Directory.EnumerateFiles(target, "*.deb").Single(), sha256);
    }

    private Task<string> RunAsync(string tool, IEnumerable<string> arguments, CancellationToken cancellationToken, string? workingDirectory = null) =>
        Tool.RunAsync(tool, arguments, new Dictionary<string, string> { ["APT_CONFIG"] = Configuration, ["LC_ALL"] = "C" }, workingDirectory, cancellationToken: cancellationToken);

    [GeneratedRegex("^Acquire::(https?|ftp|tor|Proxy)", RegexOptions.IgnoreCase)]
    private static partial Regex NetworkSetting();

    [GeneratedRegex("^SHA256: ([0-9a-f]{64})$", RegexOptions.Multiline)]
    private static partial Regex Sha256();
}
