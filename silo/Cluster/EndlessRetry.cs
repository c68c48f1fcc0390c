using Monitor.Consul.Http;

namespace Monitor.Silo.Cluster;

/// <summary>Has a gateway wait for silos, and says so, for as long as it takes; only a Consul that denies it ends that.</summary>
internal sealed partial class EndlessRetry(SiloConnections silos, TimeProvider time, ILogger<EndlessRetry> logger) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(30);

    private long toldAt;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        var consul = Consul(exception);
        if (consul is { IsDenied: true }) return false;
        var reason = (consul ?? exception.GetBaseException()).Message;
        silos.Failed(reason);
        if (toldAt == 0 || time.GetElapsedTime(toldAt) >= TellEvery)
        {
            toldAt = time.GetTimestamp();
            LogWaiting(reason);
        }

        await Task.Delay(Period, time, cancellationToken);
        return true;
    }

    // It names the address and the request; what is inside it, as a refused connection, does not.
    private static ConsulException? Consul(Exception? exception) => exception as ConsulException ?? (exception is null ? null : Consul(exception.InnerException));

    [LoggerMessage(1300, LogLevel.Warning, "Waiting for silos: {Reason}")]
    private partial void LogWaiting(string reason);
}
