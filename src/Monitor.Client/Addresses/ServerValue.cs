using Microsoft.Extensions.Logging;

namespace Monitor.Client.Addresses;

/// <summary>A value of <see cref="MonitorReporterOptions.Server"/>: addresses separated by commas, or one that says how to find them.</summary>
internal sealed class ServerValue(string? server, IEnumerable<AddressScheme> schemes)
{
    private const string Allowed = "allowed: an http or https address, or several separated by commas, or dns:///host:port";
    private const string Consul = "consul";

    private readonly string[] parts = (server ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>What is wrong with which part, and what is allowed; none where it can be understood.</summary>
    public IEnumerable<(string Value, string Why)> Faults => parts.Length == 0 ? [("", Allowed)] : parts.Select(Fault).OfType<(string, string)>();

    public AddressResolver Resolver(TimeProvider time, ILoggerFactory loggers)
    {
        var first = new Uri(parts[0]);
        return IsWeb(first) ? new StaticAddressResolver(parts)
            : IsDns(first) ? new DnsAddressResolver(first, time)
            : Scheme(first)!.Resolver(first, time, loggers);
    }

    private static bool IsWeb(Uri address) => address.Scheme is "http" or "https" && address.Host.Length > 0;

    private static bool IsDns(Uri address) => address.Scheme == "dns";

    private AddressScheme? Scheme(Uri address) => schemes.FirstOrDefault(scheme => scheme.Name == address.Scheme);

    private (string, string)? Fault(string part)
    {
        if (!Uri.TryCreate(part, UriKind.Absolute, out var address)) return (part, Allowed);
        if (IsWeb(address)) return null;
        var scheme = Scheme(address);
        if (IsDns(address) || scheme is not null)
        {
            if (parts.Length > 1) return (part, $"{address.Scheme} stands alone: it finds all of the servers");
            return (IsDns(address) ? DnsAddressResolver.Fault(address) : scheme!.Fault(address)) is { } why ? (part, why) : null;
        }

        return (part, address.Scheme == Consul
            ? $"consul needs the package Monitor.Client.Consul, and AddMonitorReporter().FindByConsul() or a ConsulAddressScheme in AddressSchemes; else {Allowed}"
            : Allowed);
    }
}
