using Google.Protobuf;
using Monitor.Protocol;

namespace Monitor.Testing.GoMicro;

/// <summary>A report, and what publishing it came to.</summary>
/// <param name="Message">As it was sent.</param>
/// <param name="Deliveries">One for each subscriber it was sent to.</param>
public sealed record PublishedReport(IMessage Message, IReadOnlyList<Delivery> Deliveries)
{
    /// <summary>Whether some subscriber answered that it has it.</summary>
    public bool Acknowledged => Deliveries.Any(delivery => delivery.Status == System.Net.HttpStatusCode.OK);
}

/// <summary>
/// An instance that reports as go-os/monitor of 2016 does: STARTED, and at each tick Stats, RUNNING, and then each healthcheck, one message each and the healthchecks in parallel; STOPPED at the end.
/// No sequence, the instance as the service's only node, the time in whole seconds, ttl an hour.
/// </summary>
public sealed class GoMicroReporter(GoMicroPublisher publisher, string service, string instance, TimeSpan? interval = null, string version = "1.0.0", TimeProvider? clock = null)
{
    private const long Ttl = 3600;

    private readonly TimeProvider clock = clock ?? TimeProvider.System;
    private readonly long interval = (long)(interval ?? TimeSpan.FromMinutes(1)).TotalSeconds;
    private readonly Dictionary<string, (string Description, Func<(IReadOnlyDictionary<string, string> Results, string Error)> Check)> checks = [];

    /// <summary>Name of the service.</summary>
    public string Service { get; } = service;

    /// <summary>Id of the instance.</summary>
    public string Instance { get; } = instance;

    /// <summary>Adds a healthcheck: results, and an error where it fails.</summary>
    public GoMicroReporter Register(string id, string description, Func<(IReadOnlyDictionary<string, string> Results, string Error)> check)
    {
        checks.Add(id, (description, check));
        return this;
    }

    /// <summary>The two healthchecks of the original's example.</summary>
    public GoMicroReporter RegisterExample() => this
        .Register("go.micro.healthcheck.ping", "This is a ping healthcheck that succeeds", () => (Results("a successful check", "bar", "1", "cruft", "123.0"), ""))
        .Register("go.micro.healthcheck.pong", "This is a pong healthcheck that fails", () => (Results("a catastrophic failure occurred", "ugh", "-0.0001", "", "NaN"), "Unknown exception"));

    public Task<PublishedReport> StartAsync(CancellationToken cancellationToken = default) => StatusAsync(Status.Types.Status.Started, cancellationToken);

    public async Task<IReadOnlyList<PublishedReport>> TickAsync(CancellationToken cancellationToken = default)
    {
        List<PublishedReport> published = [await PublishAsync("micro.monitor.stats", Stats(), cancellationToken), await StatusAsync(Status.Types.Status.Running, cancellationToken)];
        published.AddRange(await Task.WhenAll(checks.Select(check => PublishAsync("micro.monitor.healthcheck", Check(check.Key, check.Value.Description, check.Value.Check()), cancellationToken))));
        return published;
    }

    public Task<PublishedReport> StopAsync(CancellationToken cancellationToken = default) => StatusAsync(Status.Types.Status.Stopped, cancellationToken);

    private Task<PublishedReport> StatusAsync(Status.Types.Status status, CancellationToken cancellationToken) => PublishAsync(
        "micro.monitor.status", new Status { Service = Own(), Status_ = status, Timestamp = Now(), Interval = interval, Ttl = Ttl }, cancellationToken);

    private async Task<PublishedReport> PublishAsync(string topic, IMessage message, CancellationToken cancellationToken) =>
        new(message, await publisher.PublishAsync(topic, message, cancellationToken));

    private Stats Stats() => new()
    {
        Service = Own(),
        Timestamp = Now(),
        Interval = interval,
        Ttl = Ttl,
        Cpu = new() { UserTime = 1_783_000, VolCtxSwitch = 23, InvCtxSwitch = 11 },
        Memory = new() { MaxRss = 11_560 },
        Disk = new(),
        Runtime = new() { NumThreads = 11, HeapTotal = 2_705_568, HeapInUse = 3_522_560 },
    };

    private HealthCheck Check(string id, string description, (IReadOnlyDictionary<string, string> Results, string Error) outcome)
    {
        var check = new HealthCheck
        {
            Id = id,
            Description = description,
            Timestamp = Now(),
            Interval = interval,
            Ttl = Ttl,
            Service = Own(),
            Status = outcome.Error.Length == 0 ? HealthCheck.Types.Status.Ok : HealthCheck.Types.Status.Error,
            Error = outcome.Error,
        };
        foreach (var (name, value) in outcome.Results) check.Results.Add(name, value);
        return check;
    }

    private Service Own() => new() { Name = Service, Version = version, Nodes = { new Node { Id = Instance } } };

    private long Now() => clock.GetUtcNow().ToUnixTimeSeconds();

    private static Dictionary<string, string> Results(string msg, string foo, string metric, string label, string stats) =>
        new() { ["msg"] = msg, ["foo"] = foo, ["metric"] = metric, ["label"] = label, ["stats"] = stats };
}
