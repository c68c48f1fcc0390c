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
    public Uri Http => Of(Endpoint.Http);

    /// <summary>Address of gRPC.</summary>
    /// <exception cref="InvalidOperationException">The host has not started.</exception>
    public Uri Grpc => Of(Endpoint.Grpc);

    /// <summary>Address of the subscriber of go-micro's HTTP broker, where it is enabled.</summary>
    /// <exception cref="InvalidOperationException">The host has not started, or it is not enabled.</exception>
    public Uri GoMicroBroker => Of(Endpoint.GoMicroBroker);

    /// <summary>Address of go-micro's RPC, where it is enabled.</summary>
    /// <exception cref="InvalidOperationException">The host has not started, or it is not enabled.</exception>
    public Uri GoMicroRpc => Of(Endpoint.GoMicroRpc);

    private Uri Of(Endpoint endpoint) => server.Features.Get<IServerAddressesFeature>()?.Addresses.ElementAtOrDefault((int)endpoint) is { } address
        ? new Uri(address)
        : throw new InvalidOperationException($"There is no address of {endpoint}: the server has not started, or does not serve it.");

    /// <summary>In the order in which Kestrel is told to listen, which is that of its addresses.</summary>
    private enum Endpoint
    {
        Http,
        Grpc,
        GoMicroBroker,
        GoMicroRpc,
    }
}
