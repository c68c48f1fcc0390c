using System.CommandLine;
using Monitor.Cli.Rpc;

namespace Monitor.Cli.Verbs.Cluster;

/// <summary>The verbs of a whole cluster on this machine.</summary>
internal sealed class ClusterVerbs : Command
{
    public ClusterVerbs(Shell shell, Connection connection)
        : base("cluster", "Runs a whole cluster on this machine, to try it out: Consul, PostgreSQL, silos and gateways, each a process of its own.")
    {
        Add(new UpVerb(shell, connection));
        Add(new ClusterStatusVerb(shell, connection));
        Add(new MembersVerb(shell, connection, "kill", "Ends members by SIGKILL: nothing of them gets a chance to finish.", "monitor cluster kill silo-2", "killed", (cluster, name, ct) => cluster.KillAsync(name, ct)));
        Add(new MembersVerb(
            shell, connection, "stop", "Asks members to end, and waits: servers drain; PostgreSQL ends its sessions.", "monitor cluster stop gateway-1", "stopped", (cluster, name, ct) => cluster.StopAsync(name, ct)));
        Add(new MembersVerb(
            shell, connection, "start", "Starts members that do not run, in their places, and waits until they are ready.", "monitor cluster start silo-2", "ready", (cluster, name, ct) => cluster.StartAsync(name, ct)));
        Add(new MembersVerb(shell, connection, "pause", "Lets members stand still, by SIGSTOP.", "monitor cluster pause silo-1", "paused", (cluster, name, ct) => cluster.PauseAsync(name, ct)));
        Add(new MembersVerb(shell, connection, "resume", "Lets paused members go on.", "monitor cluster resume silo-1", "goes on", (cluster, name, ct) => cluster.ResumeAsync(name, ct)));
        Add(new AddVerb(shell, connection));
        Add(new DownVerb(shell, connection));
    }
}
