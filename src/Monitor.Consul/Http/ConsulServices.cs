using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Monitor.Consul.Http;

/// <summary>Consul for an application.</summary>
public static class ConsulServices
{
    /// <summary>Adds a <see cref="ConsulClient"/>; more than one call configures the same.</summary>
    public static IServiceCollection AddConsul(this IServiceCollection services, Action<ConsulOptions>? configure = null)
    {
        services.AddOptions<ConsulOptions>().Configure(configure ?? (static _ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ConsulOptions>, ConsulOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new ConsulClient(provider.GetRequiredService<IOptions<ConsulOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    private sealed class ConsulOptionsValidator : IValidateOptions<ConsulOptions>
    {
        public ValidateOptionsResult Validate(string? name, ConsulOptions options)
        {
            var failures = options.Validate("Consul");
            return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
        }
    }
}
