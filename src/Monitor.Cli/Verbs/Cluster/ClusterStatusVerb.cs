using System.CommandLine;
using Monitor.Cli.Rpc;
using Monitor.Cli.Values;
using Monitor.LocalCluster;

namespace Monitor.Cli.Verbs.Cluster;

/// <summary>How each member is.</summary>
internal sealed class ClusterStatusVerb : ClusterVerb
{
    private readonly Option<bool> json = OptionOf.Flag("--json", "As JSON, for programs.");

    public ClusterStatusVerb(Shell shell, Connection connection)
        : base(shell, connection, "status", "Shows each member: whether it runs and is ready, or why not, and where it is reached.", "monitor cluster status") => Add(json);

    protected override async Task ActAsync(ParseResult parsed, string folder, CancellationToken cancellationToken)
    {
        using var cluster = LoopbackCluster.Open(folder);
        StatusTable.Write(Shell, cluster, await cluster.StatusAsync(cancellationToken), parsed.GetValue(json));
    }
}
