using System.CommandLine;
using Google.Protobuf;
using Monitor.Cli.Rpc;
using Monitor.Cli.Tables;
using Monitor.Cli.Values;
using Monitor.Protocol;
using Entry = Monitor.Protocol.HistoryEntry;

namespace Monitor.Cli.Verbs;

/// <summary>What one instance has reported, newest first.</summary>
internal sealed class HistoryVerb : ListVerb<HistoryResponse, Entry>
{
    private readonly Option<string?> service = OptionOf.Text("--service", "The service; needed where several have such an instance.", "name");
    private readonly Option<string> id = new("--id") { Description = "The instance.", HelpName = "instance", Required = true };
    private readonly Option<string?> check = OptionOf.Text("--check", "Only the results of this healthcheck.", "check");
    private readonly Option<DateTimeOffset?> from;
    private readonly Option<DateTimeOffset?> to;

    public HistoryVerb(Shell shell, Connection connection)
        : base(
            shell,
            connection,
            "history",
            "Lists what an instance has reported, newest first.",
            "monitor history --service go-server --id go-server-1 --check go.micro.healthcheck.ping --from 2h")
    {
        from = OptionOf.Instant("--from", "Received since: a time, or how long ago.", shell.Time);
        to = OptionOf.Instant("--to", "Received before: a time, or how long ago.", shell.Time);
        Add(service);
        Add(id);
        Add(check);
        Add(from);
        Add(to);
    }

    protected override IMessage Request(ParseResult parsed, long limit) => new HistoryRequest
    {
        Service = parsed.GetValue(service) ?? "",
        Id = parsed.GetRequiredValue(id),
        Check = parsed.GetValue(check) ?? "",
        FromMs = parsed.GetValue(from)?.ToUnixTimeMilliseconds() ?? 0,
        ToMs = parsed.GetValue(to)?.ToUnixTimeMilliseconds() ?? 0,
        Limit = (ulong)limit,
    };

    protected override IEnumerable<Entry> Rows(ParseResult parsed, HistoryResponse response) => response.Entries;

    protected override Columns<Entry> Table(ParseResult parsed) => new(
        new("RECEIVED", entry => Text.Time(entry.ReceivedAtMs)),
        new("STATUS", StatusOf),
        new("REPORT", Subject),
        new("TIMESTAMP", entry => Text.Time(Timestamp(entry) * 1000), Wide: true),
        new("SEQUENCE", entry => entry.Sequence == 0 ? Text.Nothing : Text.Number(entry.Sequence), Wide: true),
        new("LATE", entry => entry.Late ? new Cell("late", Spectre.Console.Color.Yellow) : Text.Nothing),
        new("DETAIL", Detail));

    protected override IEnumerable<string> Remarks(HistoryResponse response) =>
        response.Blind.Reverse().Select(window => $"the server was blind from {Text.Time(window.FromMs)} to {Text.Time(window.ToMs)}");

    private static Cell StatusOf(Entry entry) => entry.ReportCase switch
    {
        Entry.ReportOneofCase.Healthcheck => Cell.Of(entry.Healthcheck),
        Entry.ReportOneofCase.Status => Cell.Of(entry.Status),
        _ => Text.Nothing,
    };

    private static Cell Subject(Entry entry) => entry.ReportCase switch
    {
        Entry.ReportOneofCase.Healthcheck => entry.Healthcheck.Id,
        Entry.ReportOneofCase.Status => "(status)",
        Entry.ReportOneofCase.Stats => "(stats)",
        _ => Text.Nothing,
    };

    private static Cell Detail(Entry entry) => entry.ReportCase switch
    {
        Entry.ReportOneofCase.Healthcheck => entry.Healthcheck.Error,
        Entry.ReportOneofCase.Status => entry.Status.Info,
        _ => "",
    };

    private static long Timestamp(Entry entry) => entry.ReportCase switch
    {
        Entry.ReportOneofCase.Healthcheck => entry.Healthcheck.Timestamp,
        Entry.ReportOneofCase.Status => entry.Status.Timestamp,
        Entry.ReportOneofCase.Stats => entry.Stats.Timestamp,
        _ => 0,
    };
}
