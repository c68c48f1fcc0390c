using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Messaging;
using Orleans.Providers;
using Orleans.Runtime.Membership;

[assembly: RegisterProvider("Consul", "Clustering", "Silo", typeof(ConsulClusteringProviderBuilder))]
[assembly: RegisterProvider("Consul", "Clustering", "Client", typeof(ConsulClusteringProviderBuilder))]

namespace Orleans.Hosting;

/// <summary>Membership of silos, and for their clients the list of gateways, in Consul's key-value store.</summary>
public static class ConsulUtilsHostingExtensions
{
    /// <summary>
    /// How often a client reads the list of gateways, unless <see cref="GatewayOptions"/> are configured after the clustering: a new silo is to be used within
    /// seconds, and the default of Orleans is a minute.
    /// </summary>
    internal static readonly TimeSpan GatewayListRefreshPeriod = TimeSpan.FromSeconds(10);

    /// <summary>Keeps the membership of the cluster in Consul.</summary>
    public static ISiloBuilder UseConsulSiloClustering(this ISiloBuilder builder, Action<ConsulClusteringOptions> configureOptions) =>
        builder.UseConsulSiloClustering(options => options.Configure(configureOptions));

    /// <inheritdoc cref="UseConsulSiloClustering(ISiloBuilder, Action{ConsulClusteringOptions})"/>
    public static ISiloBuilder UseConsulSiloClustering(this ISiloBuilder builder, Action<OptionsBuilder<ConsulClusteringOptions>> configureOptions)
    {
        builder.Services.AddOptions(configureOptions);
        builder.Services.AddSingleton<ConsulBasedMembershipTable>();
        builder.Services.AddSingleton<IMembershipTable>(services => services.GetRequiredService<ConsulBasedMembershipTable>());
        return builder;
    }

    /// <summary>Finds the gateways of the cluster in Consul, and reads their list again every 10 s.</summary>
    public static IClientBuilder UseConsulClientClustering(this IClientBuilder builder, Action<ConsulClusteringOptions> configureOptions) =>
        builder.UseConsulClientClustering(options => options.Configure(configureOptions));

    /// <inheritdoc cref="UseConsulClientClustering(IClientBuilder, Action{ConsulClusteringOptions})"/>
    public static IClientBuilder UseConsulClientClustering(this IClientBuilder builder, Action<OptionsBuilder<ConsulClusteringOptions>> configureOptions)
    {
        builder.Services.AddOptions(configureOptions);
        builder.Services.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = GatewayListRefreshPeriod);
        builder.Services.AddSingleton<IGatewayListProvider, ConsulGatewayListProvider>();
        return builder;
    }

    private static void AddOptions(this IServiceCollection services, Action<OptionsBuilder<ConsulClusteringOptions>>? configureOptions)
    {
        configureOptions?.Invoke(services.AddOptions<ConsulClusteringOptions>());
        services.AddSingleton<IConfigurationValidator>(provider =>
            new ConsulClusteringOptionsValidator<ConsulClusteringOptions>(provider.GetRequiredService<IOptions<ConsulClusteringOptions>>().Value));
    }
}

/// <summary>What <c>Orleans:Clustering:ProviderType=Consul</c> stands for.</summary>
internal sealed class ConsulClusteringProviderBuilder : IProviderBuilder<ISiloBuilder>, IProviderBuilder<IClientBuilder>
{
    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection) =>
        builder.UseConsulSiloClustering(options => options.Bind(configurationSection));

    public void Configure(IClientBuilder builder, string? name, IConfigurationSection configurationSection) =>
        builder.UseConsulClientClustering(options => options.Bind(configurationSection));
}
