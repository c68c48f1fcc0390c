using Monitor.Cli.Tables;

namespace Monitor.Cli;

/// <summary>Where the tool prints and what it knows of its surroundings.</summary>
/// <param name="Output">Answers.</param>
/// <param name="Error">Everything that is no answer.</param>
internal sealed record Shell(TextWriter Output, TextWriter Error)
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Columns of the terminal that <see cref="Output"/> is; null where it is a file or a pipe.</summary>
    public int? TerminalWidth { get; init; }

    /// <summary>Whether that terminal shows colours, and its user wants them.</summary>
    public bool Colours { get; init; }

    public static Shell OfProcess() => new(Console.Out, Console.Error)
    {
        TerminalWidth = Console.IsOutputRedirected ? null : Math.Max(Console.WindowWidth, 40),
        Colours = !Console.IsOutputRedirected
            && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") != "dumb",
    };

    /// <summary>One line to standard error, whatever is in the message.</summary>
    public void Complain(string message) => Error.WriteLine($"monitor: {Text.OneLine(message)}");
}
