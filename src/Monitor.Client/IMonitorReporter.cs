namespace Monitor.Client;

/// <summary>
/// Reports the healthchecks, status and stats of this process, which is one instance of a service. Safe for concurrent use.
/// </summary>
public interface IMonitorReporter
{
    /// <summary>The healthchecks registered here, by id. Those of <c>AddStandardHealthChecks</c> are not among them.</summary>
    IReadOnlyList<RegisteredHealthCheck> HealthChecks { get; }

    /// <summary>What became of the reports so far.</summary>
    ReporterCounters Counters { get; }

    /// <summary>
    /// Runs a healthcheck now, if the reporter has started, and then at each tick; never twice at a time. One that takes longer than
    /// <see cref="MonitorReporterOptions.CheckTimeout"/> is cancelled and reported as an error until it ends; one that throws is reported
    /// as an error with the exception's message.
    /// </summary>
    /// <param name="id">Its id: 1 to 256 bytes of UTF-8.</param>
    /// <param name="description">What it checks, for people; at most 16 KiB.</param>
    /// <param name="check">The check. It runs on the thread pool, at the same time as the others.</param>
    /// <exception cref="ArgumentException">An argument is over its limits.</exception>
    /// <exception cref="InvalidOperationException">A healthcheck of this id already exists.</exception>
    void Register(string id, string description, Func<CancellationToken, ValueTask<HealthCheckOutcome>> check);

    /// <summary>Runs a healthcheck no more. What it reported stays at the server until it expires.</summary>
    /// <returns>False if there was none of this id.</returns>
    bool Deregister(string id);

    /// <summary>
    /// Adds the timing of one call to its endpoint. It takes less than a microsecond and never throws. At most 1,024 endpoints are told apart within an
    /// interval; the rest count as endpoint "other" of service "other".
    /// </summary>
    /// <param name="service">The service called.</param>
    /// <param name="method">The method called: of few different values, so never a path or a key.</param>
    /// <param name="duration">How long it took.</param>
    /// <param name="result">How it ended.</param>
    void RecordStat(string service, string method, TimeSpan duration, CallResult result);

    /// <summary>
    /// Publishes at once what the next tick would, and waits until everything published so far is answered by the server, or dropped because the buffer
    /// is full, or the reporter has stopped. The next tick follows an interval later.
    /// </summary>
    Task FlushAsync(CancellationToken cancellationToken = default);
}
