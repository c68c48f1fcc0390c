using System.CommandLine;
using System.Runtime.InteropServices;
using Monitor.Cli.Rpc;
using Monitor.Cli.Tables;
using Monitor.LocalCluster;

namespace Monitor.Cli.Verbs.Cluster;

/// <summary>A verb that acts on the cluster of a folder.</summary>
internal abstract class ClusterVerb : Verb
{
    private readonly Connection connection;
    private readonly Option<string> folder = new("--folder")
    {
        Description = "Where the cluster keeps its state, data and logs.",
        HelpName = "path",
        DefaultValueFactory = _ => "./cluster",
    };

    protected ClusterVerb(Shell shell, Connection connection, string name, string description, string example)
        : base(name, description, example)
    {
        Shell = shell;
        this.connection = connection;
        Add(folder);
    }

    protected Shell Shell { get; }

    /// <exception cref="ClusterException">What was asked could not be done.</exception>
    protected abstract Task ActAsync(ParseResult parsed, string folder, CancellationToken cancellationToken);

    protected sealed override async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (connection.IsGiven(parsed)) throw CommandFailure.Usage("--server names a server to ask, and here is none; the program of the server is named by --server-path of monitor cluster up");

        // Not disposed of: a signal may come as late as it likes.
        var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        try
        {
            await ActAsync(parsed, parsed.GetRequiredValue(folder), end.Token);
            return ExitCode.Ok;
        }
        catch (ClusterException failure)
        {
            // The end of a log may follow, in lines of its own.
            var lines = failure.Message.Split('\n');
            Shell.Complain(lines[0]);
            foreach (var line in lines.Skip(1)) Shell.Error.WriteLine($"  {Text.OneLine(line)}");
            return ExitCode.Unreachable;
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            throw new CommandFailure(ExitCode.Unreachable, "interrupted");
        }

        // A second Ctrl-C ends at once.
        void End(PosixSignalContext context)
        {
            context.Cancel = !end.IsCancellationRequested;
            end.Cancel();
        }
    }

    /// <summary>Says what goes on, beside the answer.</summary>
    protected void Say(string what) => Shell.Complain(what);
}
