using System.CommandLine;
using System.Globalization;
using Google.Protobuf;
using Monitor.Cli.Rpc;
using Monitor.Cli.Tables;
using Monitor.Protocol;

namespace Monitor.Cli.Verbs;

/// <summary>How all services are, or one: the worst state, counts, and what the answer rests on.</summary>
internal sealed class SummaryVerb : ListVerb<SummaryResponse, ServiceSummary>
{
    private readonly Argument<string?> service = new("service")
    {
        Description = "Only this service.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public SummaryVerb(Shell shell, Connection connection)
        : base(shell, connection, "summary", "Sums services up: the worst state of each, and counts; all of them in the last line.", "monitor summary --all") =>
        Add(service);

    protected override IMessage Request(ParseResult parsed, long limit) => new SummaryRequest { Service = parsed.GetValue(service) ?? "", Limit = (ulong)limit };

    // A total, unlike a list, is not the sum of its pages: the last page's is the newest.
    protected override async Task<SummaryResponse> AskAsync(Session session, ParseResult parsed, long limit, bool all, CancellationToken cancellationToken)
    {
        if (!all) return await base.AskAsync(session, parsed, limit, all, cancellationToken);
        var rows = new List<ServiceSummary>();
        SummaryResponse? last = null;
        await foreach (var page in session.PagesAsync<SummaryResponse>(Request(parsed, limit == 0 ? LargePage : limit), cancellationToken))
        {
            rows.AddRange(page.Services);
            last = page;
        }

        last!.Services.Clear();
        last.Services.AddRange(rows);
        return last;
    }

    protected override IEnumerable<ServiceSummary> Rows(ParseResult parsed, SummaryResponse response) => response.Services.Append(response.Total);

    protected override Columns<ServiceSummary> Table(ParseResult parsed) => new(
        new("SERVICE", one => one.Service.Length == 0 ? "(all)" : one.Service),
        new("WORST", WorstOf),
        new("RUNNING", one => Text.Number(one.Instances.Running)),
        new("STARTED", one => Text.Number(one.Instances.Started), Wide: true),
        new("UNKNOWN", one => Text.Number(one.Instances.Unknown)),
        new("STOPPED", one => Text.Number(one.Instances.Stopped), Wide: true),
        new("CHECKS OK", one => Text.Number(one.Healthchecks.Ok)),
        new("ERROR", one => Text.Number(one.Healthchecks.Error)),
        new("UNKNOWN", one => Text.Number(one.Healthchecks.Unknown)));

    protected override IEnumerable<string> Remarks(SummaryResponse response)
    {
        var coverage = response.Coverage;
        if (coverage.Answered < coverage.Partitions)
            yield return string.Create(CultureInfo.InvariantCulture, $"{coverage.Partitions - coverage.Answered} of {coverage.Partitions} partitions did not answer: their instances are not counted");
        if (coverage.Details.Max(one => (long?)one.BehindMs) is > 0 and var behind)
            yield return string.Create(CultureInfo.InvariantCulture, $"reports wait to be applied, the oldest since {behind / 1000.0:0.#}s");
        var blindness = response.Blindness;
        if (blindness.Now)
            yield return $"the server is blind since {Text.Time(blindness.Latest.FromMs)}";
        if (blindness.LastDay.AnyS > 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"the server was blind for {blindness.LastHour.AnyS:0.#}s of the last hour, {blindness.LastDay.AnyS:0.#}s of the last day");
    }

    private static Cell WorstOf(ServiceSummary one) => one.Worst switch
    {
        ServiceSummary.Types.State.Ok => new("OK", Spectre.Console.Color.Green),
        ServiceSummary.Types.State.Error => new("ERROR", Spectre.Console.Color.Red),
        _ => new("UNKNOWN", Spectre.Console.Color.Yellow),
    };
}
