using Monitor.Consul.Http;

namespace Monitor.Silo.Cluster;

/// <summary>Has a gateway wait for silos, and says so, for as long as it takes; only a Consul that denies it ends that.</summary>
internal sealed partial class EndlessRetry(TimeProvider time, ILogger<EndlessRetry> logger) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(30);

    private long toldAt;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (exception.GetBaseException() is ConsulException { IsDenied: true }) return false;
        if (toldAt == 0 || time.GetElapsedTime(toldAt) >= TellEvery)
        {
            toldAt = time.GetTimestamp();
            LogWaiting(exception.GetBaseException().Message);
        }

        await Task.Delay(Period, time, cancellationToken);
        return true;
    }

    [LoggerMessage(1300, LogLevel.Warning, "Waiting for silos: {Reason}")]
    private partial void LogWaiting(string reason);
}
