using Monitor.Protocol;

namespace Monitor.Client.Stats;

/// <summary>The timings of one endpoint within one interval.</summary>
internal sealed class EndpointSeries(string service, string method)
{
    private readonly Lock gate = new();
    private DurationStats? success;
    private DurationStats? error;
    private DurationStats? dropped;
    private bool closed;

    /// <summary>False once the interval is over.</summary>
    public bool TryAdd(long nanoseconds, CallResult result)
    {
        lock (gate)
        {
            if (closed) return false;
            ref var stats = ref success;
            if (result == CallResult.Dropped) stats = ref dropped;
            else if (result != CallResult.Success) stats = ref error;
            (stats ??= new DurationStats()).Add(nanoseconds);
            return true;
        }
    }

    public Endpoint Close()
    {
        lock (gate)
        {
            closed = true;
            return new Endpoint
            {
                Service = service,
                Method = method,
                Success = success?.ToMetrics(),
                Errors = error?.ToMetrics(),
                Dropped = dropped?.ToMetrics(),
            };
        }
    }
}
