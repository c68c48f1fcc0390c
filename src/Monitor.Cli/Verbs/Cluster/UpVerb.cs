using System.CommandLine;
using System.Globalization;
using Monitor.Cli.Rpc;
using Monitor.Cli.Values;
using Monitor.LocalCluster;
using Monitor.LocalCluster.Programs;

namespace Monitor.Cli.Verbs.Cluster;

/// <summary>Starts a cluster, or what is dead of it.</summary>
internal sealed class UpVerb : ClusterVerb
{
    private readonly Option<int?> silos = Count("--silos", "Silos. Default: 3, or those that the folder's cluster has.", "n", 1, 20);
    private readonly Option<int?> gateways = Count("--gateways", "Gateways. Default: 2, or those that the folder's cluster has.", "n", 1, 20);
    private readonly Option<int?> consuls = Count("--consuls", "Consul servers, 1 or 3. Default: 1, or those that the folder's cluster has.", "n", 1, 3);
    private readonly Option<string?> serverPath = OptionOf.Text(
        "--server-path", "The server: Monitor.Silo.dll or an executable. Default: MONITOR_SERVER_PATH, else it is built, in a checkout of the source.", "path");

    private readonly Option<bool> example = OptionOf.Flag("--example", "Also plays the example: a service that reports, so that there is something to ask for.");
    private readonly Option<bool> anyPorts = OptionOf.Flag("--any-ports", "Any free ports. Default: the usual ones where they are free (Consul 8500, a gateway 7400 and 7401).");
    private readonly DurationOption readyWithin = new("--ready-within", "How long a member may take until it is ready.", TimeSpan.FromMinutes(2), positive: true, atMost: TimeSpan.FromDays(1));
    private readonly Option<bool> json = OptionOf.Flag("--json", "What was started as JSON, for programs.");
    private readonly Option<string[]> settings = new("--set")
    {
        Description = "A setting of silos and gateways; may be given more than once.",
        HelpName = "key=value",
        DefaultValueFactory = _ => [],
    };

    public UpVerb(Shell shell, Connection connection)
        : base(
            shell, connection, "up",
            "Starts a cluster and waits until all of it is ready. A cluster that the folder holds is started again with its data, and gets the members that it lacks.",
            "monitor cluster up --silos 3 --gateways 2 --example")
    {
        Add(silos);
        Add(gateways);
        Add(consuls);
        Add(serverPath);
        Add(settings);
        Add(example);
        Add(anyPorts);
        Add(readyWithin);
        Add(json);
    }

    protected override async Task ActAsync(ParseResult parsed, string folder, CancellationToken cancellationToken)
    {
        var options = new LoopbackClusterOptions
        {
            Folder = folder,
            Silos = parsed.GetValue(silos),
            Gateways = parsed.GetValue(gateways),
            Consuls = parsed.GetValue(consuls),
            ServerPath = parsed.GetValue(serverPath),
            Settings = SettingsOf(parsed.GetRequiredValue(settings)),
            ExampleCommand = parsed.GetValue(example) ? [DotnetHost.Path, typeof(UpVerb).Assembly.Location] : null,
            UsualPorts = !parsed.GetValue(anyPorts),
            ReadyTimeout = readyWithin.In(parsed),
        };
        using var cluster = await LoopbackCluster.UpAsync(options, Say, cancellationToken);
        var status = await cluster.StatusAsync(cancellationToken);
        StatusTable.Write(Shell, cluster, status, parsed.GetValue(json));
        if (!parsed.GetValue(json)) Describe(cluster, folder);
    }

    private static Option<int?> Count(string name, string description, string helpName, int least, int most) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result => int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= least && count <= most
            ? count
            : OptionOf.Refuse<int?>(result, string.Create(CultureInfo.InvariantCulture, $"is no whole number from {least} to {most}")),
    };

    private static Dictionary<string, string> SettingsOf(string[] given)
    {
        var settings = new Dictionary<string, string>();
        foreach (var text in given)
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0) throw CommandFailure.Usage($"--set: \"{text}\" is no setting; write it as Monitor:BeatPeriod=00:00:02");
            settings[text[..at]] = text[(at + 1)..];
        }

        return settings;
    }

    private void Describe(LoopbackCluster cluster, string folder)
    {
        var address = cluster.Members.First(member => member.Kind == MemberKind.Gateway).Grpc!.GetLeftPart(UriPartial.Authority);
        var at = address == Connection.DefaultServer ? "" : $" --server {address}";
        var where = folder == "./cluster" ? "" : $" --folder {folder}";
        var reports = cluster.Members.Any(member => member.Kind == MemberKind.Example);
        Shell.Output.WriteLine();
        if (!reports) Shell.Output.WriteLine($"Report to it, in another shell:\n  monitor example{at}\n");
        Shell.Output.WriteLine($$"""
            Ask it:
              monitor query go.micro.srv.monitor Monitor.HealthChecks '{"id": "go.micro.healthcheck.pong"}'{{at}}
            Kill what you like, and ask again:
              monitor cluster kill silo-1{{where}}
              monitor cluster status{{where}}
            End it:
              monitor cluster down{{where}}
            """);
    }
}
