using Google.Protobuf;
using Monitor.Protocol;
using Monitor.Rules.Staleness;

namespace Monitor.Rules.Instances;

public sealed partial class InstanceState
{
    /// <summary>Its unexpired healthchecks by ascending id, or the one of that id.</summary>
    public IReadOnlyList<HealthCheck> HealthChecks(string? id, View view, long nowMs, BlindWindows blind)
    {
        var found = new List<HealthCheck>();
        foreach (var series in checks)
        {
            if (id is not null && series.Check != id) continue;
            var deadlines = series.Deadlines(blind);
            if (!series.IsLive || nowMs > deadlines.ExpireAt) continue;
            var check = Report.Parser.ParseFrom(series.Report).Healthcheck;
            check.Service = Service();
            check.Derived = null;
            if (view == View.Full) check.Derived = Derive(series, deadlines.At(nowMs), nowMs, blind);
            else (check.Interval, check.Ttl, check.Duration, check.Degraded) = (0, 0, 0, false);
            if (view != View.Full) check.Tags.Clear();
            found.Add(check);
        }

        return found;
    }

    /// <summary>Its status, null where it has none or it has expired.</summary>
    public Status? Status(View view, long nowMs, BlindWindows blind)
    {
        if (status is null) return null;
        var deadlines = status.Deadlines(blind);
        if (!status.IsLive || nowMs > deadlines.ExpireAt) return null;
        var answer = status.Placeholder
            ? new Status { Timestamp = status.Order.TimestampMs / 1000 }
            : Report.Parser.ParseFrom(status.Report).Status;
        answer.Service = Service();
        answer.Derived = null;
        if (view == View.Full)
        {
            answer.Derived = Derive(status, deadlines.At(nowMs), nowMs, blind);
            answer.Derived.Counters = Counters();
            answer.Derived.ClockSkewMs = skewMs == long.MaxValue ? 0 : skewMs;
            answer.Derived.ReportedStatus = answer.Status_;
        }
        else
        {
            (answer.Interval, answer.Ttl) = (0, 0);
        }

        if (nowMs > deadlines.LateAt)
        {
            answer.Status_ = Protocol.Status.Types.Status.Unknown;
            answer.Info = LastUpdate.Text(status.Order.TimestampMs, nowMs);
        }

        return answer;
    }

    /// <summary>Its latest stats, null where it has none or they have expired.</summary>
    public Stats? Stats(View view, long nowMs, BlindWindows blind)
    {
        if (stats is null) return null;
        var deadlines = stats.Deadlines(blind);
        if (!stats.IsLive || nowMs > deadlines.ExpireAt) return null;
        var answer = Report.Parser.ParseFrom(stats.Report).Stats;
        answer.Service = Service();
        answer.Derived = view == View.Full ? Derive(stats, deadlines.At(nowMs), nowMs, blind) : null;
        if (view != View.Full) (answer.Interval, answer.Ttl) = (0, 0);
        return answer;
    }

    /// <summary>Numbers of what is live, for the directory.</summary>
    public InstanceSummary Summarise()
    {
        Span<int> all = stackalloc int[3];
        Span<int> overdue = stackalloc int[3];
        foreach (var check in checks)
        {
            if (!check.IsLive) continue;
            var reported = (HealthCheck.Types.Status)check.Status is HealthCheck.Types.Status.Ok or HealthCheck.Types.Status.Error ? check.Status : 0;
            all[reported]++;
            if (check.Told == Freshness.Unknown) overdue[reported]++;
        }

        const int Ok = (int)HealthCheck.Types.Status.Ok;
        const int Error = (int)HealthCheck.Types.Status.Error;
        return new(all[Ok], all[Error], all[0], status is { IsLive: true }, stats is { IsLive: true })
        {
            Status = status is null or { Placeholder: true } ? 0 : status.Status,
            Overdue = status is { Told: Freshness.Unknown, IsStopped: false },
            OverdueOk = overdue[Ok],
            OverdueError = overdue[Error],
            OverdueChecks = overdue[0] + overdue[Ok] + overdue[Error],
        };
    }

    private Service Service() => new() { Id = Key.Instance, Name = Key.Service, Version = ServiceVersion };

    private Derived Derive(Series series, Freshness freshness, long nowMs, BlindWindows blind) => new()
    {
        Freshness = freshness,
        ReceivedAtMs = series.ReceivedAtMs,
        SinceMs = series.SinceMs,
        Epoch = series.Order.Epoch,
        Sequence = series.Order.Sequence,
        Blind = freshness < series.Deadlines(BlindWindows.None).At(nowMs) ? blind.Latest : null,
        CausedBy = series != status && freshness >= Freshness.Late && status is not null && nowMs > status.Deadlines(blind).LateAt ? "instance" : "",
    };
}

/// <summary>How many of an instance's healthchecks are live in each reported status, and whether its status and stats are.</summary>
public readonly record struct InstanceSummary(int Ok, int Error, int Unknown, bool HasStatus, bool HasStats)
{
    /// <summary>Its status as reported; 0 where it never was.</summary>
    public int Status { get; init; }

    /// <summary>It was told to be silent.</summary>
    public bool Overdue { get; init; }

    /// <summary>Healthchecks that were told to be silent.</summary>
    public int OverdueChecks { get; init; }

    /// <summary>Of these, those that reported OK.</summary>
    public int OverdueOk { get; init; }

    /// <summary>Of these, those that reported ERROR.</summary>
    public int OverdueError { get; init; }
}
