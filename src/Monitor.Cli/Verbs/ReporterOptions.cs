using System.CommandLine;
using Monitor.Cli.Values;
using Monitor.Protocol;

namespace Monitor.Cli.Verbs;

/// <summary>Who reports which healthcheck, as <c>report</c> and <c>run</c> take it.</summary>
/// <remarks>
/// Reports of a shell carry no epoch and no sequence. Scripts that share an instance share no counter, and an epoch for each process would make
/// each run a new incarnation of the instance, that supersedes the run beside it. By their timestamps, to the millisecond, they are ordered as they
/// happened, and one sent twice counts once.
/// </remarks>
internal sealed class ReporterOptions
{
    // Scripts are a service of their own, with the machine as its instance.
    private const string Scripts = "scripts";

    private readonly Option<string> id = new("--id") { Description = "The healthcheck.", HelpName = "check", Required = true };
    private readonly Option<string> service = new("--service")
    {
        Description = "The service that reports.",
        HelpName = "name",
        DefaultValueFactory = _ => Scripts,
    };

    private readonly Option<string?> instance = OptionOf.Text("--instance", "The instance that reports. Default: the host's name.", "id");
    private readonly Option<string?> description = OptionOf.Text("--description", "What is checked, for people.", "text");
    private readonly DurationOption interval = new("--interval", "When the next report is due: past it the result is unknown.", wholeSeconds: true);
    private readonly DurationOption ttl = new("--ttl", "How long the result stays listed without another.", wholeSeconds: true);

    public void AddTo(Command command)
    {
        command.Add(id);
        command.Add(service);
        command.Add(instance);
        command.Add(description);
        command.Add(interval);
        command.Add(ttl);
    }

    /// <summary>A batch of one healthcheck whose result is still to be filled in.</summary>
    public PublishRequest Batch(ParseResult parsed, DateTimeOffset at) => new()
    {
        // The next query must see it, and the script must hear what became of it.
        Acknowledge = Acknowledge.Applied,
        Service = new Service { Name = parsed.GetRequiredValue(service), Id = parsed.GetValue(instance) ?? Environment.MachineName },
        Reports =
        {
            new Report
            {
                Millis = at.Millisecond,
                Healthcheck = new HealthCheck
                {
                    Id = parsed.GetRequiredValue(id),
                    Description = parsed.GetValue(description) ?? "",
                    Timestamp = at.ToUnixTimeSeconds(),
                    Interval = (long)interval.In(parsed).TotalSeconds,
                    Ttl = (long)ttl.In(parsed).TotalSeconds,
                },
            },
        },
    };

    /// <summary>What became of a batch of one report.</summary>
    /// <exception cref="CommandFailure">It was rejected.</exception>
    public static Outcome OutcomeOf(PublishResponse answer)
    {
        var outcome = answer.Outcomes.FirstOrDefault() ?? new ReportOutcome();
        if (outcome.Outcome == Outcome.Rejected || answer.Rejected > 0)
            throw CommandFailure.Usage($"report rejected: {outcome.Field}: {outcome.Message}");
        return answer switch
        {
            { Duplicate: > 0 } => Outcome.Duplicate,
            { Late: > 0 } => Outcome.LateReport,
            _ => outcome.Outcome,
        };
    }
}
