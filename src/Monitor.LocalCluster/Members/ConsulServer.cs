using System.Text.Json;
using Monitor.LocalCluster.Processes;
using Monitor.LocalCluster.Programs;

namespace Monitor.LocalCluster.Members;

/// <summary>A Consul server that keeps what it knows in files, with the others of the cluster or alone.</summary>
internal static class ConsulServer
{
    public static async Task<CommandLine> PrepareAsync(ClusterState state, Member member, string folder, CancellationToken cancellationToken)
    {
        var program = await ConsulProgram.FindAsync(cancellationToken);
        var own = Path.Combine(folder, member.Name);
        Directory.CreateDirectory(own);

        // Each part says "off" with a port of -1.
        var ports = new Dictionary<string, int>
        {
            ["http"] = member.Ports["http"], ["server"] = member.Ports["server"], ["serf_lan"] = member.Ports["serf"], ["serf_wan"] = -1, ["dns"] = -1, ["grpc"] = -1,
        };
        if (await HasGrpcTlsAsync(program, cancellationToken)) ports["grpc_tls"] = -1;
        var file = Path.Combine(own, "agent.json");
        await File.WriteAllTextAsync(
            file,
            JsonSerializer.Serialize(new Dictionary<string, object>
            {
                ["server"] = true,
                ["bootstrap_expect"] = state.Of(MemberKind.Consul).Count(),
                ["node_name"] = member.Name,
                ["data_dir"] = Path.Combine(own, "data"),
                ["bind_addr"] = "127.0.0.1",
                ["client_addr"] = "127.0.0.1",
                ["retry_join"] = state.Of(MemberKind.Consul).Where(other => other.Name != member.Name).Select(other => $"127.0.0.1:{other.Ports["serf"]}").ToArray(),
                ["retry_interval"] = "1s",
                ["log_level"] = "info",
                ["disable_update_check"] = true,
                ["performance"] = new Dictionary<string, object> { ["raft_multiplier"] = 1 },
                ["ports"] = ports,
            }),
            cancellationToken);
        return new(program, ["agent", "-config-file", file]);
    }

    /// <summary>Null: it knows a leader.</summary>
    public static async Task<string?> WhyNotReadyAsync(HttpClient http, Member member, CancellationToken cancellationToken)
    {
        // "127.0.0.1:8300", with its quotes.
        var leader = await http.GetStringAsync(new Uri(member.Http!, "v1/status/leader"), cancellationToken);
        return leader.Trim().Length > 2 ? null : "no leader";
    }

    // From 1.14 on servers listen there unless told otherwise; those before refuse what they do not know.
    private static async Task<bool> HasGrpcTlsAsync(string program, CancellationToken cancellationToken)
    {
        // Consul v1.8.7
        var first = (await Tool.RunAsync(program, ["version"], cancellationToken: cancellationToken)).Split('\n')[0];
        return Version.TryParse(first[(first.LastIndexOf('v') + 1)..].Split('-', '+')[0].Trim(), out var version) && version >= new Version(1, 14);
    }
}
