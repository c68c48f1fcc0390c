using System.CommandLine;
using Monitor.Cli.Rpc;
using Monitor.LocalCluster;

namespace Monitor.Cli.Verbs.Cluster;

/// <summary>Adds a silo or a gateway.</summary>
internal sealed class AddVerb : ClusterVerb
{
    private readonly Argument<string> kind = new("kind") { Description = "silo or gateway" };

    public AddVerb(Shell shell, Connection connection)
        : base(shell, connection, "add", "Adds a silo or a gateway, and waits until it is ready.", "monitor cluster add silo") => Add(kind.AcceptOnlyFromAmong("silo", "gateway"));

    protected override async Task ActAsync(ParseResult parsed, string folder, CancellationToken cancellationToken)
    {
        using var cluster = LoopbackCluster.Open(folder, Say);
        var member = await cluster.AddAsync(parsed.GetRequiredValue(kind) == "silo" ? MemberKind.Silo : MemberKind.Gateway, cancellationToken);
        await Shell.Output.WriteLineAsync($"{member.Name} ready");
    }
}
