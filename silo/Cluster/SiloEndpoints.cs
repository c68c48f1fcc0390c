using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Monitor.Silo.Cluster;

/// <summary>Where a silo of a cluster is reached, found out before anything is waited for: Orleans listens only when the journal and Consul are there.</summary>
internal static class SiloEndpoints
{
    /// <exception cref="OptionsValidationException">The host name has no address, or a port is in use.</exception>
    public static (IPAddress Address, int Port, int GatewayPort) Choose(SiloOptions options)
    {
        var address = Resolve(options.AdvertisedAddress);
        var listens = IPAddress.IsLoopback(address) ? address : IPAddress.Any;
        List<string> failures = [];
        var ports = (Port(nameof(options.SiloPort), options.SiloPort), Port(nameof(options.SiloGatewayPort), options.SiloGatewayPort));
        if (options.SiloPort != 0 && options.SiloPort == options.SiloGatewayPort)
            failures.Add($"Monitor:SiloPort and Monitor:SiloGatewayPort are both {options.SiloPort}; each needs one of its own.");
        if (failures.Count > 0) throw Invalid(failures);
        return (address, ports.Item1, ports.Item2);

        int Port(string key, int port)
        {
            if (port == 0) return SiloHosting.PortOr(port);
            try
            {
                using var listener = new TcpListener(listens, port);
                listener.Start();
            }
            catch (SocketException e)
            {
                failures.Add($"Monitor:{key} is {port}, and {new IPEndPoint(listens, port)} cannot be listened on: {e.Message}.");
            }

            return port;
        }
    }

    private static IPAddress Resolve(string advertised)
    {
        if (IPAddress.TryParse(advertised, out var address)) return address;
        try
        {
            if (Dns.GetHostAddresses(advertised, AddressFamily.InterNetwork) is [var first, ..]) return first;
            throw Invalid([$"Monitor:AdvertisedAddress is '{advertised}', a host name without an IPv4 address."]);
        }
        catch (SocketException e)
        {
            throw Invalid([$"Monitor:AdvertisedAddress is '{advertised}', and has no address: {e.Message}."]);
        }
    }

    private static OptionsValidationException Invalid(IEnumerable<string> failures) => new("Monitor", typeof(SiloOptions), failures);
}
