using System.Collections.Concurrent;
using Google.Protobuf.Collections;
using Monitor.Client.Internal;

namespace Monitor.Client.Stats;

/// <summary>The timings of each endpoint since the last tick. At most 1,024 endpoints, as the server takes; the last is "other".</summary>
internal sealed class EndpointTimings
{
    public const int MaxEndpoints = 1024;
    public const string Other = "other";

    private Table table = new();

    public void Record(string service, string method, TimeSpan duration, CallResult result)
    {
        var nanoseconds = Math.Max(0, duration.Ticks) * TimeSpan.NanosecondsPerTick;
        while (true)
        {
            var present = Volatile.Read(ref table);
            if (!present.Series.TryGetValue((service, method), out var series)) series = present.Add(service, method);
            if (series?.TryAdd(nanoseconds, result) == true) return;

            // A tick has just taken this table away; the next one is there already.
        }
    }

    /// <summary>What was recorded since the last call, by service, then method.</summary>
    public void TakeInto(RepeatedField<Protocol.Endpoint> endpoints)
    {
        var taken = Interlocked.Exchange(ref table, new Table());
        taken.Close();
        foreach (var (_, series) in taken.Series.OrderBy(pair => pair.Key.Service, StringComparer.Ordinal).ThenBy(pair => pair.Key.Method, StringComparer.Ordinal))
            endpoints.Add(series.Close());
    }

    private sealed class Table
    {
        private readonly Lock gate = new();
        private bool closed;

        public ConcurrentDictionary<(string Service, string Method), EndpointSeries> Series { get; } = new();

        /// <summary>Null once the interval is over.</summary>
        public EndpointSeries? Add(string service, string method)
        {
            lock (gate)
            {
                if (closed) return null;
                return Series.TryGetValue((service, method), out var series) ? series
                    : Series.Count < MaxEndpoints - 1 ? Create(service, method)
                    : Series.TryGetValue((Other, Other), out var other) ? other
                    : Create(Other, Other);
            }
        }

        public void Close()
        {
            lock (gate) closed = true;
        }

        private EndpointSeries Create(string service, string method) =>
            Series[(service, method)] = new EndpointSeries(Limits.Cut(service, Limits.KeyBytes), Limits.Cut(method, Limits.KeyBytes));
    }
}
