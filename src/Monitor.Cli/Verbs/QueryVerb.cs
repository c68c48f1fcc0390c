using System.CommandLine;
using Monitor.Cli.Rpc;
using Monitor.Cli.Values;

namespace Monitor.Cli.Verbs;

/// <summary>Calls any unary method with a request in JSON and prints the answer in JSON, as micro's <c>query</c> did.</summary>
internal sealed class QueryVerb : Verb
{
    private readonly Shell shell;
    private readonly Connection connection;
    private readonly Argument<string> service = new("service") { Description = "go.micro.srv.monitor" };
    private readonly Argument<string> method = new("method") { Description = "Monitor.HealthChecks, Monitor.Services, Reporter.Report, ..." };
    private readonly Argument<string?> request = new("request")
    {
        Description = "The request in JSON; keys in camelCase or snake_case, enums as names or numbers. Default: {}",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> compact = OptionOf.Flag("--compact", "One line, without white space.");

    public QueryVerb(Shell shell, Connection connection)
        : base(
            "query",
            "Calls a method and prints its answer as JSON.",
            """monitor query go.micro.srv.monitor Monitor.HealthChecks '{"id": "go.micro.healthcheck.ping"}'""")
    {
        this.shell = shell;
        this.connection = connection;
        Add(service);
        Add(method);
        Add(request);
        Add(compact);
    }

    protected override async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var called = Contract.Find(parsed.GetRequiredValue(service), parsed.GetRequiredValue(method));
        var message = RequestJson.Parse(parsed.GetValue(request) ?? "{}", called.InputType);
        using var session = connection.Open(parsed);
        var answer = await session.CallAsync(called, message, cancellationToken);
        await shell.Output.WriteLineAsync(ResponseJson.Format(answer, parsed.GetValue(compact)));
        return ExitCode.Ok;
    }
}
