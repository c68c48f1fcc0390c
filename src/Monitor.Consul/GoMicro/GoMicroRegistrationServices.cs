using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Monitor.Consul.Http;

namespace Monitor.Consul.GoMicro;

/// <summary>Registration in Consul in go-micro's form for an application.</summary>
public static class GoMicroRegistrationServices
{
    /// <summary>Registers this server in Consul while it runs. How Consul is reached: <see cref="ConsulServices.AddConsul"/>.</summary>
    /// <param name="describe">Given the services, the server as it is told: asked once all has started. Null: it is not to be registered.</param>
    /// <param name="canServe">Given the services, what says whether queries are answered now: asked every second, must be cheap.</param>
    /// <param name="canAccept">Given the services, what says whether reports can be accepted now, likewise.</param>
    public static IServiceCollection AddGoMicroRegistration(
        this IServiceCollection services,
        Func<IServiceProvider, GoMicroServer?> describe,
        Func<IServiceProvider, Func<CancellationToken, ValueTask<bool>>> canServe,
        Func<IServiceProvider, Func<CancellationToken, ValueTask<bool>>> canAccept,
        Action<GoMicroRegistrationOptions>? configure = null)
    {
        services.AddConsul();
        services.AddOptions<GoMicroRegistrationOptions>().Configure(configure ?? (static _ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GoMicroRegistrationOptions>, GoMicroRegistrationOptionsValidator>());
        services.AddSingleton(provider => new GoMicroRegistration(
            provider.GetRequiredService<ConsulClient>(),
            () => describe(provider),
            canServe(provider),
            canAccept(provider),
            provider.GetRequiredService<IOptions<GoMicroRegistrationOptions>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<GoMicroRegistration>>()));
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<GoMicroRegistration>());
        return services;
    }
}
