using Monitor.Consul.Http;

namespace Monitor.Consul.Resolver;

/// <summary>What <c>consul:///go.micro.srv.monitor</c> or <c>consul://agent:8500/go.micro.srv.monitor</c> means.</summary>
/// <param name="Service">The service that is looked for.</param>
/// <param name="Options">How Consul is reached: as given, but at the agent that the address names, if it names one.</param>
public sealed record ConsulTarget(string Service, ConsulOptions Options)
{
    /// <param name="address">Of the scheme <c>consul</c>. The agent's port is 8500 where it names none.</param>
    /// <param name="options">How Consul is reached.</param>
    /// <exception cref="ArgumentException">The address names no service.</exception>
    public static ConsulTarget Parse(Uri address, ConsulOptions options)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(options);
        var service = Uri.UnescapeDataString(address.AbsolutePath.Trim('/'));
        return service.Length > 0 && !service.Contains('/', StringComparison.Ordinal)
            ? new(service, At(address, options))
            : throw new ArgumentException($"'{address}' names no service: an address such as consul:///{MonitorService.Name} is needed.", nameof(address));
    }

    private static ConsulOptions At(Uri address, ConsulOptions options) =>
        string.IsNullOrEmpty(address.Host) ? options : options.At(new Uri($"http://{address.Authority}{(address.IsDefaultPort ? ":8500" : "")}"));
}
