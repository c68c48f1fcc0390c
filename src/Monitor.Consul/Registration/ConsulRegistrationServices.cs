using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Monitor.Consul.Http;

namespace Monitor.Consul.Registration;

/// <summary>Registration in Consul for an application.</summary>
public static class ConsulRegistrationServices
{
    /// <summary>Registers this server in Consul while it runs. How Consul is reached: <see cref="ConsulServices.AddConsul"/>.</summary>
    /// <param name="canServe">Given the services, what says whether this server can serve now: asked every second, must be cheap.</param>
    public static IServiceCollection AddConsulRegistration(
        this IServiceCollection services, Func<IServiceProvider, Func<CancellationToken, ValueTask<bool>>> canServe, Action<ConsulRegistrationOptions>? configure = null)
    {
        services.AddConsul();
        services.AddOptions<ConsulRegistrationOptions>().Configure(configure ?? (static _ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ConsulRegistrationOptions>, ConsulRegistrationOptionsValidator>());
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ConsulRegistration>(provider, canServe(provider)));
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<ConsulRegistration>());
        return services;
    }
}
