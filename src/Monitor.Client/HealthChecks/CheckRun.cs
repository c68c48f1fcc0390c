
namespace Monitor.Client.HealthChecks;

/// <summary>A registered healthcheck and its present run. Guarded by the lock of its <see cref="CheckRunner"/>.</summary>
internal sealed class CheckRun(RegisteredHealthCheck registered, Func<CancellationToken, ValueTask<HealthCheckOutcome>> check)
{
    public RegisteredHealthCheck Registered { get; } = registered;

    public Func<CancellationToken, ValueTask<HealthCheckOutcome>> Check { get; } = check;

    public bool Running { get; set; }

    /// <summary>Past its time-out, and still running.</summary>
    public bool Hangs { get; set; }

    public bool Removed { get; set; }

    public long StartedAt { get; set; }
}
