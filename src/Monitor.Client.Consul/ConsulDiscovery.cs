using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Monitor.Consul;
using Monitor.Consul.Http;

namespace Monitor.Client.Consul;

/// <summary>Lets the reporter of a host find its servers by Consul.</summary>
public static class ConsulDiscovery
{
    /// <summary>
    /// Lets <c>Monitor:Reporter:Server</c> be <c>consul:///go.micro.srv.monitor</c>, which it then is by default, or
    /// <c>consul://agent:8500/go.micro.srv.monitor</c>.
    /// </summary>
    /// <param name="builder">Of the reporter.</param>
    /// <param name="configure">
    /// How Consul is reached, after the configuration section <c>Consul</c> and before the environment (<see cref="ConsulAddressScheme"/>). Default: the local agent.
    /// </param>
    public static IMonitorReporterBuilder FindByConsul(this IMonitorReporterBuilder builder, Action<ConsulOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);

        // Before all others: what configuration and code say of the server holds.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<MonitorReporterOptions>>(
            new ConfigureOptions<MonitorReporterOptions>(options => options.Server = $"{ConsulAddressScheme.Scheme}:///{MonitorService.Name}")));
        builder.Services.AddSingleton<IConfigureOptions<MonitorReporterOptions>>(provider => new ConfigureOptions<MonitorReporterOptions>(options =>
        {
            var consul = new ConsulOptions();
            provider.GetService<IConfiguration>()?.GetSection("Consul").Bind(consul);
            configure?.Invoke(consul);
            options.AddressSchemes.Add(new ConsulAddressScheme(consul));
        }));
        return builder;
    }
}
