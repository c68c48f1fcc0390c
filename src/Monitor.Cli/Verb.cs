using System.CommandLine;

namespace Monitor.Cli;

/// <summary>A verb of the command line: its options, its one example, and what it does.</summary>
internal abstract class Verb : Command
{
    protected Verb(string name, string description, string example)
        : base(name, description)
    {
        Example = example;
        SetAction(async (parsed, cancellation) => (int)await RunAsync(parsed, cancellation));
    }

    /// <summary>Shown under the help of the verb.</summary>
    public string Example { get; }

    /// <exception cref="CommandFailure">The verb did not succeed.</exception>
    protected abstract Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellationToken);
}
