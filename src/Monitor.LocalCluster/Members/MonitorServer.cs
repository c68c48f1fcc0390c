using System.Globalization;
using System.Text.Json;
using Monitor.LocalCluster.Processes;
using Monitor.LocalCluster.Programs;

namespace Monitor.LocalCluster.Members;

/// <summary>A silo or a gateway: the server in one of its roles, all of its settings in its environment.</summary>
internal static class MonitorServer
{
    public static CommandLine Prepare(ClusterState state, Member member)
    {
        var environment = new Dictionary<string, string> { ["DOTNET_ENVIRONMENT"] = "Production" };
        Set("Monitor:Role", member.Kind == MemberKind.Silo ? "silo" : "gateway");
        Set("Monitor:Postgres:ConnectionString", PostgresServer.ConnectionString(state));
        foreach (var (number, consul) in state.Of(MemberKind.Consul).Index()) Set(string.Create(CultureInfo.InvariantCulture, $"Consul:Addresses:{number}"), Url(consul, "http"));
        Set("Monitor:AdvertisedAddress", "127.0.0.1");
        Set("Monitor:Http", Url(member, "http"));
        Set("Monitor:Reporter:Instance", $"go.micro.srv.monitor-{member.Name}");
        if (member.Kind == MemberKind.Silo)
        {
            Set("Monitor:SiloPort", Port(member, "silo"));
            Set("Monitor:SiloGatewayPort", Port(member, "clients"));
        }
        else
        {
            Set("Monitor:Grpc", Url(member, "grpc"));
        }

        foreach (var (key, value) in state.Settings) Set(key, value);
        return state.Server.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)
            ? new(DotnetHost.Path, [state.Server]) { Environment = environment }
            : new(state.Server, []) { Environment = environment };

        void Set(string key, string value) => environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
    }

    /// <summary>Null: it says that it is ready.</summary>
    public static async Task<string?> WhyNotReadyAsync(HttpClient http, Member member, CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync(new Uri(member.Http!, "health/ready"), cancellationToken);
        if (response.IsSuccessStatusCode) return null;
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        return body.Length > 0 ? body.ReplaceLineEndings(" ").Trim() : string.Create(CultureInfo.InvariantCulture, $"answers {(int)response.StatusCode}");
    }

    /// <summary>The example: a reporter, and of the tool rather than of the server. It knows all gateways, so that any of them may be killed.</summary>
    public static CommandLine PrepareExample(ClusterState state, Member member)
    {
        var gateways = string.Join(',', state.Of(MemberKind.Gateway).Select(gateway => Url(gateway, "grpc")));
        return new(member.Command[0], [.. member.Command.Skip(1).TakeWhile(word => word != "--server"), "--server", gateways]);
    }

    /// <summary>Null: what it reports can be asked.</summary>
    public static async Task<string?> WhyExampleNotReadyAsync(HttpClient http, ClusterState state, CancellationToken cancellationToken)
    {
        var gateway = state.Of(MemberKind.Gateway).OrderByDescending(gateway => gateway.Condition == ProcessCondition.Running).First();
        var answer = await http.GetStringAsync(new Uri(gateway.Http!, "v1/healthchecks?id=go.micro.healthcheck.pong"), cancellationToken);
        using var json = JsonDocument.Parse(answer);
        return json.RootElement.TryGetProperty("healthChecks", out var checks) && checks.GetArrayLength() > 0 ? null : "nothing reported yet";
    }

    private static string Url(Member member, string port) => $"http://127.0.0.1:{Port(member, port)}";

    private static string Port(Member member, string port) => member.Ports[port].ToString(CultureInfo.InvariantCulture);
}
