using Monitor.Protocol;

namespace Monitor.Testing;

/// <summary>Builds what one instance reports, with an epoch and ascending sequences as a reporter gives them. Not for several threads at once.</summary>
/// <param name="clock">Of the timestamps; the system's where none is given.</param>
/// <param name="epoch">Incarnation; 0: reports carry neither epoch nor sequence.</param>
public sealed class ReportBuilder(string service, string instance, string version = "1.0.0", ulong epoch = 1, TimeProvider? clock = null)
{
    private readonly TimeProvider clock = clock ?? TimeProvider.System;

    public string Service { get; } = service;

    public string Instance { get; } = instance;

    public ulong Epoch { get; } = epoch;

    /// <summary>Of the last report built.</summary>
    public ulong Sequence { get; private set; }

    /// <summary>Seconds.</summary>
    public long Interval { get; set; } = 60;

    /// <summary>Seconds.</summary>
    public long Ttl { get; set; } = 3600;

    /// <summary>A healthcheck that passes, or fails where an error is given.</summary>
    public Report Check(string id, string error = "", string description = "", IReadOnlyDictionary<string, string>? results = null)
    {
        var check = new HealthCheck
        {
            Id = id,
            Description = description,
            Timestamp = Now(out var millis),
            Interval = Interval,
            Ttl = Ttl,
            Status = error.Length == 0 ? HealthCheck.Types.Status.Ok : HealthCheck.Types.Status.Error,
            Error = error,
        };
        foreach (var (name, value) in results ?? new Dictionary<string, string>()) check.Results.Add(name, value);
        return Numbered(new() { Healthcheck = check, Millis = millis });
    }

    public Report Status(Status.Types.Status status = Protocol.Status.Types.Status.Running, string info = "") => Numbered(new()
    {
        Status = new() { Status_ = status, Info = info, Timestamp = Now(out var millis), Interval = Interval, Ttl = Ttl },
        Millis = millis,
    });

    public Report Stats(params IReadOnlyList<Endpoint> endpoints)
    {
        var stats = new Stats
        {
            Timestamp = Now(out var millis),
            Interval = Interval,
            Ttl = Ttl,
            Cpu = new() { UserTime = 25_000_000, SystemTime = 5_000_000, VolCtxSwitch = 120, InvCtxSwitch = 3 },
            Memory = new() { MaxRss = 65_536 },
            Disk = new() { InBlock = 8, OuBlock = 16 },
            Runtime = new() { NumThreads = 12, HeapTotal = 16 << 20, HeapInUse = 9 << 20 },
        };
        stats.Endpoints.Add(endpoints);
        return Numbered(new() { Stats = stats, Millis = millis });
    }

    /// <summary>One publish of this instance, which is named on the batch.</summary>
    public PublishRequest Batch(params IReadOnlyList<Report> reports) => new()
    {
        Service = new() { Name = Service, Version = version, Id = Instance },
        Epoch = Epoch,
        Reports = { reports },
    };

    private Report Numbered(Report report)
    {
        if (Epoch != 0) report.Sequence = ++Sequence;
        return report;
    }

    private long Now(out int millis)
    {
        var now = clock.GetUtcNow();
        millis = now.Millisecond;
        return now.ToUnixTimeSeconds();
    }
}
