using System.Globalization;
using System.Text.Json;
using Monitor.Cli.Tables;
using Monitor.LocalCluster;
using Monitor.LocalCluster.Processes;
using Spectre.Console;
using Text = Monitor.Cli.Tables.Text;

namespace Monitor.Cli.Verbs.Cluster;

/// <summary>How the members of a cluster are: for people, or for programs.</summary>
internal static class StatusTable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, IndentCharacter = '\t', IndentSize = 1 };

    private static readonly Columns<MemberStatus> Table = new(
        new("MEMBER", status => status.Member.Name),
        new("STATE", StateOf),
        new("PID", status => PidOf(status) is { } pid ? Text.Number(pid) : Text.Nothing),
        new("READY", status => status.Ready ? new("yes", Color.Green) : new("no", Color.Red)),
        new("ADDRESSES", status => string.Join(" ", AddressesOf(status).Select(address => $"{address.Key}={address.Value}"))),
        new("WHY NOT", status => status.WhyNotReady ?? ""));

    public static void Write(Shell shell, LoopbackCluster cluster, IReadOnlyList<MemberStatus> members, bool json)
    {
        if (!json)
        {
            Table.Write(shell, members);
            return;
        }

        shell.Output.WriteLine(JsonSerializer.Serialize(
            new
            {
                cluster.Folder,
                Members = members.Select(status => new
                {
                    status.Member.Name,
                    Kind = status.Member.Kind.ToString().ToLowerInvariant(),
                    State = StateOf(status).Text,
                    Pid = PidOf(status),
                    status.Ready,
                    status.WhyNotReady,
                    Addresses = AddressesOf(status),
                    Log = cluster.LogOf(status.Member.Name),
                }),
            },
            Json));
    }

    private static Cell StateOf(MemberStatus status) => status.Condition switch
    {
        ProcessCondition.Running => new("running", Color.Green),
        ProcessCondition.Paused => new("paused", Color.Yellow),
        _ => new("dead", Color.Red),
    };

    private static int? PidOf(MemberStatus status) => status.Condition == ProcessCondition.Gone ? null : status.Member.Process?.Id;

    private static Dictionary<string, string> AddressesOf(MemberStatus status) => status.Member.Ports.ToDictionary(
        port => port.Key,
        port => port.Key is "http" or "grpc"
            ? string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port.Value}")
            : string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port.Value}"));
}
