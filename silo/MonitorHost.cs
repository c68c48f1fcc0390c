using System.Net.Sockets;
using System.Reflection;
using Microsoft.Extensions.Options;
using Monitor.Consul.Http;
using Monitor.Journal;

namespace Monitor.Silo;

/// <summary>Runs the host, and says in one line why where it cannot start as configured.</summary>
internal static class MonitorHost
{
    private const int Refused = 1;
    private const int JournalLost = 1;

    /// <summary>Of this server.</summary>
    public static string Version { get; } =
        typeof(MonitorHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    /// <summary>
    /// The process's exit code: 0 after a stop that was asked for; 1 where it could not start as configured, or the journal lost its end, with a line that says why.
    /// </summary>
    public static async Task<int> RunAsync(Func<WebApplication> build)
    {
        try
        {
            await new HostRun(build()).EndsAsync();
            return 0;
        }
        catch (JournalLostException e)
        {
            await Console.Error.WriteLineAsync($"Monitor ends: {e.Message} Start it again: it goes on from what the journal holds.");
            return JournalLost;
        }
        catch (Exception e) when (Reasons(e).ToList() is { Count: > 0 } reasons)
        {
            // To standard error rather than to the log, which may not be there yet, or may be closed again.
            foreach (var reason in reasons) await Console.Error.WriteLineAsync($"Monitor does not start: {reason}");
            return Refused;
        }
        catch (Exception e) when (IsCancelled(e))
        {
            // Stopped while it started, as by SIGTERM.
            return 0;
        }
    }

    // Of several parts that were starting, each says it.
    private static bool IsCancelled(Exception exception) => exception is OperationCanceledException || (exception is AggregateException all && all.InnerExceptions.All(IsCancelled));

    /// <summary>What is wrong with the setup, where that is why. What else failed with it, or was cancelled for it, does not matter.</summary>
    private static IEnumerable<string> Reasons(Exception exception) => exception switch
    {
        JournalRefusedException e => [e.Message],
        OptionsValidationException e => e.Failures,
        OrleansConfigurationException e => [e.Message],
        ConsulException { IsDenied: true } e => [e.Message],
        // An address in use, most of all.
        IOException e => [e.Message],
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable or SocketError.AccessDenied } e => [e.Message],
        // The binder of settings says it so.
        InvalidOperationException { InnerException: FormatException or ArgumentException { InnerException: FormatException } } e => [e.Message],
        AggregateException e => e.InnerExceptions.SelectMany(Reasons).Distinct(),
        { InnerException: { } inner } => Reasons(inner),
        _ => [],
    };
}
