using System.CommandLine;

namespace Monitor.Benchmarks.Load;

/// <summary>Which healthcheck ids the instances report.</summary>
internal enum CheckIds
{
    /// <summary>All report the same few.</summary>
    Same,

    /// <summary>Each reports ids of its own.</summary>
    Own,
}

/// <summary>What is published, and how.</summary>
internal sealed record LoadOptions
{
    public Uri? Server { get; init; }

    public int Instances { get; init; }

    public int Checks { get; init; }

    public int Connections { get; init; }

    /// <summary>Unanswered batches of a stream.</summary>
    public int Window { get; init; }

    public CheckIds Ids { get; init; }

    /// <summary>Reports per second over all connections; 0: as many as are answered.</summary>
    public double Rate { get; init; }

    /// <summary>Share of reports that change the status of their check.</summary>
    public double Transitions { get; init; }

    /// <summary>Each service has this many instances.</summary>
    public int InstancesPerService { get; init; } = 100;
}

/// <summary>The options of every verb that publishes.</summary>
internal sealed class LoadArguments
{
    private readonly Option<Uri?> server = new("--server") { Description = "gRPC address of a running server. Otherwise one is started on a temporary data directory." };
    private readonly Option<int> instances = Number("--instances", "Service instances that report, 100 to a service.", 10_000);
    private readonly Option<int> checks = Number("--checks", "Healthchecks in each publish.", 5);
    private readonly Option<int> connections = Number("--connections", "gRPC connections, each with one bidirectional stream.", 2);
    private readonly Option<int> window = Number("--window", "Unanswered publishes of a stream.", 2_000);
    private readonly Option<CheckIds> ids = new("--ids") { Description = "same: all instances report the same healthcheck ids; own: each its own.", DefaultValueFactory = _ => CheckIds.Same };
    private readonly Option<double> rate = new("--rate") { Description = "Reports per second; 0: as many as are answered." };
    private readonly Option<double> transitions = new("--transitions") { Description = "Share of reports that change their check's status, 0 to 1." };

    public IEnumerable<Option> All => [server, instances, checks, connections, window, ids, rate, transitions];

    public LoadOptions Read(ParseResult arguments) => new()
    {
        Server = arguments.GetValue(server),
        Instances = arguments.GetValue(instances),
        Checks = arguments.GetValue(checks),
        Connections = arguments.GetValue(connections),
        Window = arguments.GetValue(window),
        Ids = arguments.GetValue(ids),
        Rate = arguments.GetValue(rate),
        Transitions = arguments.GetValue(transitions),
    };

    private static Option<int> Number(string name, string description, int value)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1) result.AddError($"{name} must be at least 1.");
        });
        return option;
    }
}
