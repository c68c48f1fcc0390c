using System.Net;

namespace Monitor.Silo;

/// <summary>How a process reaches what it, or another on its machine, listens on.</summary>
internal static class LocalAddress
{
    /// <summary>The address itself; loopback for one that means every interface, which nobody can connect to.</summary>
    public static IPAddress Of(IPAddress listens) => listens.Equals(IPAddress.Any) ? IPAddress.Loopback : listens.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : listens;

    /// <inheritdoc cref="Of(IPAddress)"/>
    public static Uri Of(Uri listens) => IPAddress.TryParse(listens.Host.Trim('[', ']'), out var address) ? new UriBuilder(listens) { Host = Of(address).ToString() }.Uri : listens;
}
