using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Client.Addresses;

namespace Monitor.Client;

/// <summary>
/// Says where the servers are. Register one with dependency injection, or set <see cref="MonitorReporterOptions.AddressResolver"/>, to find them in a way of
/// your own; otherwise <see cref="MonitorReporterOptions.Server"/> holds. Its text (<see cref="object.ToString"/>) stands for the servers in the log.
/// </summary>
public abstract class AddressResolver
{
    /// <summary>
    /// The addresses to try, best first. Asked before every attempt to connect, and must be cheap. The first is taken that has not failed; where all have, the one
    /// whose failure is longest ago. An exception, or an empty list, counts as a failed attempt and is tried again after a back-off.
    /// </summary>
    public abstract ValueTask<IReadOnlyList<Uri>> ResolveAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Completes when the addresses are others than those; the reporter then asks for them, and leaves a server that is no longer among them, unless there is no
    /// other. Default: never.
    /// </summary>
    /// <param name="known">What <see cref="ResolveAsync"/> answered.</param>
    /// <param name="cancellationToken">The connection has ended.</param>
    public virtual Task WhenChangedAsync(IReadOnlyList<Uri> known, CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);

    /// <summary>What a value of <see cref="MonitorReporterOptions.Server"/> means. Dispose of it where it is an <see cref="IDisposable"/>.</summary>
    /// <param name="server">Addresses separated by commas, or one of <c>dns:///</c> or of a scheme.</param>
    /// <param name="schemes">Those that are known beside http, https and dns.</param>
    /// <param name="time">Default: the system's.</param>
    /// <param name="loggers">Default: none.</param>
    /// <exception cref="FormatException">The value cannot be understood: says what is wrong, and what is allowed.</exception>
    public static AddressResolver Of(string server, IEnumerable<AddressScheme>? schemes = null, TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        var value = new ServerValue(server, schemes ?? []);
        var faults = value.Faults.Select(fault => $"'{fault.Value}': {fault.Why}").ToArray();
        return faults.Length == 0
            ? value.Resolver(time ?? TimeProvider.System, loggers ?? NullLoggerFactory.Instance)
            : throw new FormatException(string.Join("; ", faults));
    }
}
