using Monitor.Consul.Http;
using Orleans.Runtime;

namespace Monitor.Consul.Membership;

/// <summary>The keys of a cluster's table: <c>[root/]orleans/cluster/…</c>, formatted and parsed here only.</summary>
internal readonly record struct TableKeys
{
    private const string IAmAlive = "/iamalive";

    public TableKeys(string? rootFolder, string clusterId)
    {
        // A slash would put the table of one cluster inside that of another.
        if (string.IsNullOrEmpty(clusterId) || clusterId.Contains('/', StringComparison.Ordinal))
            throw new OrleansConfigurationException($"ClusterOptions:ClusterId is '{clusterId}': a name without slashes is needed, as it is a folder in Consul.");
        Folder = string.IsNullOrEmpty(rootFolder) ? $"orleans/{clusterId}/" : $"{rootFolder}/orleans/{clusterId}/";
    }

    /// <summary>With its slash at the end, without which another cluster's keys are read too.</summary>
    public string Folder { get; }

    public string Version => $"{Folder}version";

    public string Row(SiloAddress silo) => $"{Folder}{silo.ToParsableString()}";

    public string Heartbeat(SiloAddress silo) => $"{Row(silo)}{IAmAlive}";

    /// <summary>That Consul denies the table, with the right that is missing.</summary>
    public ConsulException Denied(ConsulException answer, string right) => new(
        $$"""Consul denies the membership table {{Folder}}: {{answer.Message}}. The ACL token (Consul:Token) needs key_prefix "{{Folder}}" { policy = "{{right}}" }.""",
        answer.StatusCode,
        answer);

    /// <summary>Whose row or heartbeat a key is; null where it is neither, as the version, or what someone else has put there.</summary>
    public (SiloAddress Silo, bool IsHeartbeat)? Parse(string key)
    {
        if (!key.StartsWith(Folder, StringComparison.Ordinal)) return null;
        var name = key.AsSpan(Folder.Length);
        var isHeartbeat = name.EndsWith(IAmAlive, StringComparison.Ordinal);
        if (isHeartbeat) name = name[..^IAmAlive.Length];
        if (name.Contains('/') || !name.Contains('@') || !name.Contains(':')) return null;
        try
        {
            return (SiloAddress.FromParsableString(name.ToString()), isHeartbeat);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
        {
            return null;
        }
    }
}
