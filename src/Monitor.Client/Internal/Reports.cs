using Google.Protobuf.Collections;
using Proto = Monitor.Protocol;

namespace Monitor.Client.Internal;

/// <summary>Builds reports: within the server's limits, and stamped with the time.</summary>
internal sealed class Reports(TimeProvider time, TimeSpan interval, TimeSpan ttl)
{
    private readonly long interval = Seconds(interval);
    private readonly long ttl = Seconds(ttl);

    public Proto.Report Status(Proto.Status.Types.Status status)
    {
        var (seconds, millis) = Now();
        return new Proto.Report { Status = new Proto.Status { Status_ = status, Timestamp = seconds, Interval = interval, Ttl = ttl }, Millis = millis };
    }

    public Proto.Report Stats(Proto.Stats stats)
    {
        var (seconds, millis) = Now();
        stats.Timestamp = seconds;
        stats.Interval = interval;
        stats.Ttl = ttl;
        return new Proto.Report { Stats = stats, Millis = millis };
    }

    public Proto.Report HealthCheck(string id, string description, TimeSpan duration, HealthCheckOutcome outcome)
    {
        var check = new Proto.HealthCheck
        {
            Id = id,
            Description = description,
            Interval = interval,
            Ttl = ttl,
            Status = outcome.IsOk ? Proto.HealthCheck.Types.Status.Ok : Proto.HealthCheck.Types.Status.Error,
            Error = Limits.Cut(outcome.Message, Limits.TextBytes),
            Degraded = outcome.IsDegraded,
            Duration = Math.Max(0, (long)duration.TotalNanoseconds),
        };
        AddResults(check.Results, outcome.Results);
        return HealthCheck(check);
    }

    public Proto.Report HealthCheck(Proto.HealthCheck check)
    {
        var (seconds, millis) = Now();
        check.Timestamp = seconds;
        return new Proto.Report { Healthcheck = check, Millis = millis };
    }

    public static void AddResults(MapField<string, string> to, IEnumerable<KeyValuePair<string, string>> results)
    {
        var bytes = 0;
        foreach (var (name, value) in results)
        {
            if (to.Count == Limits.Results) return;
            var key = Limits.Cut(name, Limits.KeyBytes);
            var text = Limits.Cut(value, Limits.TextBytes);
            bytes += System.Text.Encoding.UTF8.GetByteCount(key) + System.Text.Encoding.UTF8.GetByteCount(text);
            if (bytes > Limits.ResultBytes) return;
            to[key] = text;
        }
    }

    /// <summary>Whole seconds, rounded up: what is on the wire must not promise more than is kept.</summary>
    public static long Seconds(TimeSpan span) => (long)Math.Ceiling(span.TotalSeconds);

    private (long Seconds, int Millis) Now()
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return (now / 1000, (int)(now % 1000));
    }
}
