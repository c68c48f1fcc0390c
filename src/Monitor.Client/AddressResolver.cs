namespace Monitor.Client;

/// <summary>
/// Says where the servers are. Register one with dependency injection, or set <see cref="MonitorReporterOptions.AddressResolver"/>, to find them by
/// service discovery; otherwise <see cref="MonitorReporterOptions.Server"/> holds.
/// </summary>
public abstract class AddressResolver
{
    /// <summary>
    /// The addresses to try, best first. Asked before every attempt to connect, and must be cheap; after a failure the next address is tried.
    /// An exception, or an empty list, counts as a failed attempt and is tried again after a back-off.
    /// </summary>
    public abstract ValueTask<IReadOnlyList<Uri>> ResolveAsync(CancellationToken cancellationToken);
}
