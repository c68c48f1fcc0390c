using System.Reflection;
using Microsoft.Extensions.Options;
using Monitor.Consul.GoMicro;
using Monitor.Gateway.GoMicro;
using Monitor.Gateway.GoMicro.Broker;
using Monitor.Gateway.GoMicro.Registration;

namespace Monitor.Gateway;

/// <summary>Has go-micro's clients find this gateway through Consul.</summary>
public static class GoMicroRegistrationHosting
{
    /// <summary>
    /// Registers the gateway in Consul in go-micro's form while it runs, where <c>Monitor:GoMicro:Enabled</c> says that it serves them. For a host that uses Consul
    /// (<see cref="Monitor.Consul.Http.ConsulServices.AddConsul"/>) and adds the gateway.
    /// </summary>
    /// <param name="advertisedAddress">Given the services, the host name or IP address that clients reach this process at.</param>
    /// <param name="canServe">Given the services, what says whether queries are answered now: asked every second, must be cheap.</param>
    /// <param name="canAccept">Given the services, what says whether reports can be accepted now, likewise. Default: <paramref name="canServe"/>.</param>
    public static WebApplicationBuilder AddGoMicroRegistration(
        this WebApplicationBuilder builder,
        Func<IServiceProvider, string> advertisedAddress,
        Func<IServiceProvider, Func<CancellationToken, ValueTask<bool>>> canServe,
        Func<IServiceProvider, Func<CancellationToken, ValueTask<bool>>>? canAccept = null,
        Action<GoMicroRegistrationOptions>? configure = null)
    {
        builder.Services.AddGoMicroRegistration(services => Describe(services, advertisedAddress(services)), canServe, canAccept ?? canServe, configure);
        return builder;
    }

    private static GoMicroServer? Describe(IServiceProvider services, string host)
    {
        var options = services.GetRequiredService<IOptions<GoMicroOptions>>().Value;
        if (!options.Enabled) return null;
        var (addresses, subscriptions) = (services.GetRequiredService<GatewayAddresses>(), services.GetRequiredService<Subscriptions>());
        return new()
        {
            Id = $"{Consul.MonitorService.Name}-{Subscriptions.Name($"{Environment.MachineName}/{addresses.GoMicroRpc}")}",
            Version = typeof(GoMicroRegistrationHosting).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "1.0.0",
            Rpc = new(host, addresses.GoMicroRpc.Port),
            Endpoints = EndpointDescriptions.All,
            Broker = new(host, addresses.GoMicroBroker.Port),
            Queue = options.Queue.Length > 0 ? options.Queue : GoMicroServer.Broadcast,
            Subscriptions = [.. Subscriptions.All.Select(subscription => new GoMicroSubscription(subscriptions.IdOf(subscription), subscription.Topic))],
        };
    }
}
