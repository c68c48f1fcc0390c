using System.CommandLine;
using System.Globalization;
using Google.Protobuf;
using Monitor.Cli.Rpc;
using Monitor.Cli.Tables;
using Monitor.Cli.Values;
using Monitor.Protocol;

namespace Monitor.Cli.Verbs;

/// <summary>The latest statistics of each instance, or of each of its endpoints.</summary>
internal sealed class StatsVerb : ListVerb<StatsResponse, StatsVerb.Row>
{
    private readonly Option<string?> service = OptionOf.Text("--service", "Only of this service.", "name");
    private readonly Option<string?> id = OptionOf.Text("--id", "Only of this instance.", "instance");
    private readonly Option<bool> endpoints = OptionOf.Flag("--endpoints", "One line for each endpoint, with its timings.");

    public StatsVerb(Shell shell, Connection connection)
        : base(shell, connection, "stats", "Shows the latest statistics of processes and endpoints.", "monitor stats --service go-server --endpoints")
    {
        Add(service);
        Add(id);
        Add(endpoints);
    }

    protected override IMessage Request(ParseResult parsed, long limit) => new StatsRequest
    {
        Service = parsed.GetValue(service) ?? "",
        Id = parsed.GetValue(id) ?? "",
        Limit = limit,
        View = View.Full,
    };

    protected override IEnumerable<Row> Rows(ParseResult parsed, StatsResponse response) => parsed.GetValue(endpoints)
        ? response.Stats.SelectMany(stats => stats.Endpoints, (stats, endpoint) => new Row(stats, endpoint))
        : response.Stats.Select(stats => new Row(stats, new Endpoint()));

    protected override Columns<Row> Table(ParseResult parsed)
    {
        var now = Now;
        Column<Row> service = new("SERVICE", row => Text.Service(row.Stats.Service));
        Column<Row> instance = new("INSTANCE", row => Text.Instance(row.Stats.Service));
        Column<Row> age = new("AGE", row => Text.Age(row.Stats.Timestamp, now));
        return parsed.GetValue(endpoints)
            ? new(
                service,
                instance,
                age,
                new("ENDPOINT", row => row.Endpoint.Service.Length == 0 ? row.Endpoint.Method : $"{row.Endpoint.Service} {row.Endpoint.Method}"),
                new("SUCCESS", row => Text.Number(row.Endpoint.Success?.Count ?? 0)),
                new("MEAN", row => Text.Nanoseconds(row.Endpoint.Success?.Mean ?? 0)),
                new("DEVIATION", row => Text.Nanoseconds(row.Endpoint.Success?.StdDev ?? 0), Wide: true),
                new("95%", row => Text.Nanoseconds(row.Endpoint.Success?.Upper95 ?? 0)),
                new("ERRORS", row => Counted(row.Endpoint.Errors)),
                new("DROPPED", row => Counted(row.Endpoint.Dropped)))
            : new(
                service,
                instance,
                age,
                new("FRESHNESS", row => Cell.Of(row.Stats.Derived)),
                new("CPU", row => Processor(row.Stats)),
                new("MEMORY", row => Text.Bytes((row.Stats.Memory?.MaxRss ?? 0) * 1024.0)),
                new("HEAP", row => Text.Bytes(row.Stats.Runtime?.HeapInUse ?? 0)),
                new("THREADS", row => Text.Number(row.Stats.Runtime?.NumThreads ?? 0)),
                new("ENDPOINTS", row => Text.Number(row.Stats.Endpoints.Count), Wide: true));
    }

    private static Cell Counted(Metrics? metrics) =>
        metrics is { Count: > 0 } ? new(Text.Number(metrics.Count), Spectre.Console.Color.Red) : new("0");

    // Of one processor, over the interval.
    private static string Processor(Stats stats) => stats is { Cpu: { } cpu, Interval: > 0 }
        ? string.Create(CultureInfo.InvariantCulture, $"{(cpu.UserTime + (double)cpu.SystemTime) / (stats.Interval * 1e7):0.0}%")
        : Text.Nothing;

    internal sealed record Row(Stats Stats, Endpoint Endpoint);
}
