using System.CommandLine;
using Monitor.Cli.Rpc;
using Monitor.LocalCluster;

namespace Monitor.Cli.Verbs.Cluster;

/// <summary>A verb that does one thing to each of the members it names, all at once.</summary>
internal sealed class MembersVerb : ClusterVerb
{
    private readonly string done;
    private readonly Func<LoopbackCluster, string, CancellationToken, Task> act;
    private readonly Argument<string[]> members = new("member") { Description = "silo-1, gateway-2, consul-1, postgres, example", Arity = ArgumentArity.OneOrMore };

    public MembersVerb(
        Shell shell, Connection connection, string name, string description, string example, string done, Func<LoopbackCluster, string, CancellationToken, Task> act)
        : base(shell, connection, name, description, example)
    {
        this.done = done;
        this.act = act;
        Add(members);
    }

    protected override async Task ActAsync(ParseResult parsed, string folder, CancellationToken cancellationToken)
    {
        using var cluster = LoopbackCluster.Open(folder, Say);
        var names = parsed.GetRequiredValue(members).Distinct().ToList();
        // A name that is wrong must not leave half of it done.
        foreach (var name in names) _ = cluster[name];
        await Task.WhenAll(names.Select(async name =>
        {
            await act(cluster, name, cancellationToken);
            await Shell.Output.WriteLineAsync($"{name} {done}");
        }));
    }
}
