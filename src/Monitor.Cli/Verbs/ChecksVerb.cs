using System.CommandLine;
using Google.Protobuf;
using Monitor.Cli.Rpc;
using Monitor.Cli.Tables;
using Monitor.Cli.Values;
using Monitor.Protocol;
using CheckStatus = Monitor.Protocol.HealthCheck.Types.Status;

namespace Monitor.Cli.Verbs;

/// <summary>The latest result of each healthcheck.</summary>
internal sealed class ChecksVerb : ListVerb<HealthChecksResponse, HealthCheck>
{
    private readonly Option<string?> service = OptionOf.Text("--service", "Only of this service.", "name");
    private readonly Option<string?> id = OptionOf.Text("--id", "Only this healthcheck.", "check");
    private readonly Option<CheckStatus?> status = OptionOf.OneOf(
        "--status", "Only of this status; unknown: also what is overdue.", CheckStatus.Ok, CheckStatus.Error, CheckStatus.Unknown);

    public ChecksVerb(Shell shell, Connection connection)
        : base(shell, connection, "checks", "Lists healthchecks: the latest result of each, by instance.", "monitor checks --status error --all")
    {
        Add(service);
        Add(id);
        Add(status);
    }

    protected override IMessage Request(ParseResult parsed, long limit) => new HealthChecksRequest
    {
        Service = parsed.GetValue(service) ?? "",
        Id = parsed.GetValue(id) ?? "",
        Status = parsed.GetValue(status) ?? CheckStatus.Unknown,
        Limit = (ulong)limit,
        View = View.Full,
    };

    // In a request, status UNKNOWN stands for any: that filter is ours.
    protected override async Task<HealthChecksResponse> AskAsync(
        Session session, ParseResult parsed, long limit, bool all, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(status) is not CheckStatus.Unknown)
            return await base.AskAsync(session, parsed, limit, all, cancellationToken);

        var wanted = all ? int.MaxValue : limit == 0 ? 10 : limit;
        var unknown = new HealthChecksResponse();
        await foreach (var page in session.PagesAsync<HealthChecksResponse>(Request(parsed, LargePage), cancellationToken))
        {
            unknown.Healthchecks.AddRange(page.Healthchecks.Where(IsUnknown));
            if (unknown.Healthchecks.Count >= wanted)
                break;
        }

        while (unknown.Healthchecks.Count > wanted)
            unknown.Healthchecks.RemoveAt(unknown.Healthchecks.Count - 1);
        return unknown;
    }

    protected override IEnumerable<HealthCheck> Rows(ParseResult parsed, HealthChecksResponse response) => response.Healthchecks;

    protected override Columns<HealthCheck> Table(ParseResult parsed)
    {
        var now = Now;
        return new(
            new("STATUS", Cell.Of),
            new("CHECK", check => check.Id),
            new("SERVICE", check => Text.Service(check.Service)),
            new("INSTANCE", check => Text.Instance(check.Service)),
            new("AGE", check => Text.Age(check.Timestamp, now)),
            new("FRESHNESS", check => Cell.Of(check.Derived)),
            new("SINCE", check => Text.Age(check.Derived?.SinceMs / 1000 ?? 0, now), Wide: true),
            new("TOOK", check => Text.Nanoseconds(check.Duration), Wide: true),
            new("ERROR", check => check.Error));
    }

    private static bool IsUnknown(HealthCheck check) => check.Status == CheckStatus.Unknown || check.Derived?.Freshness == Freshness.Unknown;
}
