using Grpc.Net.Client.Balancer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Monitor.Consul.Http;

namespace Monitor.Consul.Resolver;

/// <summary>Discovery by Consul for an application.</summary>
public static class ConsulResolverServices
{
    /// <summary>
    /// Lets channels with these services resolve <c>consul:///…</c>, and adds <see cref="ConsulAddresses"/> of Monitor's servers. How Consul is reached:
    /// <see cref="ConsulServices.AddConsul"/>.
    /// </summary>
    public static IServiceCollection AddConsulResolver(this IServiceCollection services, Action<ConsulOptions>? configure = null)
    {
        services.AddConsul(configure);
        services.AddSingleton<ResolverFactory>(provider =>
            new ConsulResolverFactory(provider.GetRequiredService<IOptions<ConsulOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new ConsulAddresses(
            provider.GetRequiredService<ConsulClient>(), time: provider.GetRequiredService<TimeProvider>(),
            logger: provider.GetService<ILoggerFactory>()?.CreateLogger<ConsulAddresses>()));
        return services;
    }
}
