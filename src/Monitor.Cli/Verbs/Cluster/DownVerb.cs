using System.CommandLine;
using Monitor.Cli.Rpc;
using Monitor.Cli.Values;
using Monitor.LocalCluster;

namespace Monitor.Cli.Verbs.Cluster;

/// <summary>Ends the cluster.</summary>
internal sealed class DownVerb : ClusterVerb
{
    private readonly Option<bool> delete = OptionOf.Flag("--delete", "Deletes its data, logs and state too.");

    public DownVerb(Shell shell, Connection connection)
        : base(shell, connection, "down", "Ends all members in order: gateways drain, then silos, then PostgreSQL and Consul. The data stay, and up starts it again.", "monitor cluster down") => Add(delete);

    protected override async Task ActAsync(ParseResult parsed, string folder, CancellationToken cancellationToken)
    {
        using var cluster = LoopbackCluster.Open(folder, Say);
        await cluster.DownAsync(parsed.GetValue(delete), cancellationToken);
    }
}
