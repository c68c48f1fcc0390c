using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Monitor.Grains.Abstractions;
using Monitor.Grains.Instances;
using Monitor.Grains.Loading;
using Monitor.Grains.Partitions;
using Monitor.Grains.Placement;
using Monitor.Grains.Staleness;
using Monitor.Rules.Keys;
using Orleans.Hosting;
using Orleans.Serialization;

namespace Monitor.Grains;

/// <summary>Adds the grains to a silo. An <see cref="Journal.IJournal"/> must be registered and open before the silo starts, and its streams added.</summary>
public static class GrainHosting
{
    /// <param name="gatewaysApart">Reports come by gateways that are processes of their own, and may be missed while those are away.</param>
    public static ISiloBuilder AddMonitorGrains(this ISiloBuilder builder, bool gatewaysApart = false)
    {
        var services = builder.Services;
        services.AddSerializer(s => s.AddProtobufMessages());
        services.AddOptions<GrainOptions>().BindConfiguration("Monitor").ValidateOnStart();
        services.TryAddSingleton<IValidateOptions<GrainOptions>, GrainOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<StringPool>(_ => new());
        services.AddSingleton<ScanScratch>();
        services.AddSingleton(typeof(GrainsOf<>));
        services.AddSingleton<KeyLoader>();
        services.AddSingleton<BlindTimes>();
        services.AddSingleton(new Receivers(gatewaysApart));
        services.AddSingleton<PartitionHomes>();
        services.AddPlacementDirector<PartitionPlacement, PartitionPlacementDirector>(ServiceLifetime.Transient);
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, PartitionKeeper>();
        return builder;
    }
}
