using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Monitor.Cli.Rpc;
using Monitor.Cli.Verbs;
using Monitor.Cli.Verbs.Cluster;

namespace Monitor.Cli;

/// <summary>The command <c>monitor</c>: its verbs, and how they end.</summary>
internal static class MonitorCommand
{
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Shell shell)
    {
        // A job's arguments are its own: "@file" must reach it as it is.
        var parsed = Create(shell).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            shell.Complain(WhatIsWrong(parsed));
            return (int)ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = shell.Output,
                Error = shell.Error,
                EnableDefaultExceptionHandler = false,
                // A verb that must finish its work on a signal handles it itself; the others just end.
                ProcessTerminationTimeout = null,
            });
        }
        catch (CommandFailure failure)
        {
            shell.Complain(failure.Message);
            return (int)failure.ExitCode;
        }
    }

    public static RootCommand Create(Shell shell)
    {
        var connection = new Connection();
        var root = new RootCommand("""
            Asks Monitor, and reports to it, from a shell.

            Exit codes: 0 ok, 1 not found, 2 usage (the message names what is wrong), 3 server unreachable.
            """)
        {
            new QueryVerb(shell, connection),
            new ChecksVerb(shell, connection),
            new ServicesVerb(shell, connection),
            new StatusVerb(shell, connection),
            new StatsVerb(shell, connection),
            new HistoryVerb(shell, connection),
            new SummaryVerb(shell, connection),
            new ReportVerb(shell, connection),
            new RunVerb(shell, connection),
            new ExampleVerb(shell, connection),
            new ClusterVerbs(shell, connection),
        };
        root.Add(connection.Server);
        root.Add(connection.Timeout);

        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExample((HelpAction)help.Action!);
        return root;
    }

    private static string WhatIsWrong(ParseResult parsed) => parsed switch
    {
        { CommandResult.Command: Verb } => $"{string.Join(' ', parsed.Errors.Select(error => error.Message))} See: {PathOf(parsed)} --help",
        { UnmatchedTokens: [var unknown, ..] } =>
            $"unknown verb \"{unknown}\"; there is {string.Join(", ", parsed.CommandResult.Command.Subcommands.Select(verb => verb.Name))}. See: {PathOf(parsed)} --help",
        _ => $"{string.Join(' ', parsed.Errors.Select(error => error.Message))} See: {PathOf(parsed)} --help",
    };

    // "monitor cluster up", whatever the name of the file that runs.
    private static string PathOf(ParseResult parsed)
    {
        var path = "";
        for (var result = parsed.CommandResult; result.Parent is CommandResult parent; result = parent) path = $" {result.Command.Name}{path}";
        return $"monitor{path}";
    }

    private sealed class HelpWithExample(HelpAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            help.Invoke(parseResult);
            var output = parseResult.InvocationConfiguration.Output;
            switch (parseResult.CommandResult.Command)
            {
                case Verb verb:
                    output.WriteLine($"Example:\n  {verb.Example}\n");
                    break;
                case var group:
                    output.WriteLine("Examples:");
                    foreach (var verb in group.Subcommands.OfType<Verb>())
                        output.WriteLine($"  {verb.Example}");
                    output.WriteLine();
                    break;
            }

            return (int)ExitCode.Ok;
        }
    }
}
