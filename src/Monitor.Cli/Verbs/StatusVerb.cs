using System.CommandLine;
using Google.Protobuf;
using Monitor.Cli.Rpc;
using Monitor.Cli.Tables;
using Monitor.Cli.Values;
using Monitor.Protocol;

namespace Monitor.Cli.Verbs;

/// <summary>The status of services, or of their instances.</summary>
internal sealed class StatusVerb : ListVerb<StatusResponse, Status>
{
    private readonly Option<string?> service = OptionOf.Text("--service", "Only of this service.", "name");
    private readonly Option<string?> id = OptionOf.Text("--id", "Only of this instance.", "instance");
    private readonly Option<bool> verbose = OptionOf.Flag("--verbose", "One entry for each instance, not for each version.");

    public StatusVerb(Shell shell, Connection connection)
        : base(shell, connection, "status", "Shows the status of services: the worst of each version, or of each instance.", "monitor status --service go-server --verbose")
    {
        Add(service);
        Add(id);
        Add(verbose);
    }

    protected override IMessage Request(ParseResult parsed, long limit) => new StatusRequest
    {
        Service = parsed.GetValue(service) ?? "",
        Id = parsed.GetValue(id) ?? "",
        Verbose = parsed.GetValue(verbose),
        Limit = limit,
        View = View.Full,
    };

    protected override IEnumerable<Status> Rows(ParseResult parsed, StatusResponse response) => response.Statuses;

    protected override Columns<Status> Table(ParseResult parsed)
    {
        var now = Now;
        return new(
            new("STATUS", Cell.Of),
            new("SERVICE", status => Text.Service(status.Service)),
            new("INSTANCE", status => Text.Instance(status.Service)),
            new("AGE", status => Text.Age(status.Timestamp, now)),
            new("FRESHNESS", status => Cell.Of(status.Derived)),
            new("SKEW", status => status.Derived is { } derived ? Text.Number(derived.ClockSkewMs) + "ms" : Text.Nothing, Wide: true),
            new("LATE", status => Text.Number(status.Derived?.Counters?.Late ?? 0), Wide: true),
            new("LOST", status => Text.Number(status.Derived?.Counters?.Lost ?? 0), Wide: true),
            new("INFO", status => status.Info));
    }
}
