using System.CommandLine;
using Monitor.Cli.Rpc;
using Monitor.Cli.Values;
using Monitor.Protocol;
using CheckStatus = Monitor.Protocol.HealthCheck.Types.Status;

namespace Monitor.Cli.Verbs;

/// <summary>Sends one healthcheck, from a script.</summary>
internal sealed class ReportVerb : Verb
{
    private readonly Shell shell;
    private readonly Connection connection;
    private readonly ReporterOptions reporter = new();
    private readonly Option<CheckStatus?> status = OptionOf.OneOf("--status", "Default: ok, or error where --error is given.", CheckStatus.Ok, CheckStatus.Error);
    private readonly Option<string?> error = OptionOf.Text("--error", "Why it failed.", "text");
    private readonly Option<DateTimeOffset?> timestamp;
    private readonly Option<IReadOnlyList<KeyValuePair<string, string>>> results = new("--result")
    {
        Description = "A result by name; may be given more than once.",
        HelpName = "name=value",
        Arity = ArgumentArity.OneOrMore,
        DefaultValueFactory = _ => [],
        CustomParser = parsed =>
        {
            var pairs = new Dictionary<string, string>();
            foreach (var text in parsed.Tokens.Select(token => token.Value))
            {
                var at = text.IndexOf('=', StringComparison.Ordinal);
                if (at <= 0)
                    parsed.AddError($"--result: \"{text}\" is no result; write it as name=value.");
                else if (!pairs.TryAdd(text[..at], text[(at + 1)..]))
                    parsed.AddError($"--result: \"{text[..at]}\" is given twice.");
            }

            return [.. pairs];
        },
    };

    public ReportVerb(Shell shell, Connection connection)
        : base(
            "report",
            "Reports one healthcheck.",
            "monitor report --id disk.space --status ok --result free=12GiB --interval 5m --ttl 1h")
    {
        this.shell = shell;
        this.connection = connection;
        timestamp = OptionOf.Instant("--timestamp", "When it was checked. Default: now.", shell.Time);
        reporter.AddTo(this);
        Add(status);
        Add(error);
        Add(results);
        Add(timestamp);
    }

    protected override async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var batch = reporter.Batch(parsed, parsed.GetValue(timestamp) ?? shell.Time.GetUtcNow());
        var check = batch.Reports[0].Healthcheck;
        check.Error = parsed.GetValue(error) ?? "";
        check.Status = parsed.GetValue(status) ?? (check.Error.Length > 0 ? CheckStatus.Error : CheckStatus.Ok);
        foreach (var (name, value) in parsed.GetRequiredValue(results))
            check.Results.Add(name, value);

        using var session = connection.Open(parsed);
        var answer = await session.CallAsync<PublishResponse>(batch, cancellationToken);
        await shell.Output.WriteLineAsync(ReporterOptions.OutcomeOf(answer) switch
        {
            Outcome.Duplicate => "duplicate: it was known already",
            Outcome.LateReport => "late: kept in history, a newer one is known",
            _ => "accepted",
        });
        return ExitCode.Ok;
    }
}
