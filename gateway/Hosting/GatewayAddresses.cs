using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Monitor.Gateway;

/// <summary>Where the gateway is served: known once the host has started, with the ports that were chosen where 0 was asked for.</summary>
public sealed class GatewayAddresses
{
    private readonly IServer server;

    internal GatewayAddresses(IServer server) => this.server = server;

    /// <summary>Address of HTTP JSON.</summary>
    /// <exception cref="InvalidOperationException">The host has not started.</exception>
    public Uri Http => Of(0);

    /// <summary>Address of gRPC.</summary>
    /// <exception cref="InvalidOperationException">The host has not started.</exception>
    public Uri Grpc => Of(1);

    // Addresses are in the order in which they were asked for.
    private Uri Of(int index) => server.Features.Get<IServerAddressesFeature>()?.Addresses.ElementAtOrDefault(index) is { } address
        ? new Uri(address)
        : throw new InvalidOperationException("The server has no addresses before it is started.");
}
