using System.Globalization;
using Monitor.Grains.Abstractions;
using Monitor.Rules.Keys;

namespace Monitor.Gateway.Grains;

/// <summary>The grains, by their keys: the boundary to the cluster.</summary>
internal interface IGrains
{
    IServiceInstanceGrain Instance(string key);

    IHealthCheckGrain HealthCheck(string id);

    IServiceGrain Service(string name);

    IReportPartitionGrain Reports(int partition);

    IEventPartitionGrain Events(int partition);
}

internal sealed class ClusterGrains(IGrainFactory factory) : IGrains
{
    public IServiceInstanceGrain Instance(string key) => factory.GetGrain<IServiceInstanceGrain>(key);

    public IHealthCheckGrain HealthCheck(string id) => factory.GetGrain<IHealthCheckGrain>(id);

    public IServiceGrain Service(string name) => factory.GetGrain<IServiceGrain>(name);

    public IReportPartitionGrain Reports(int partition) => factory.GetGrain<IReportPartitionGrain>(partition.ToString(CultureInfo.InvariantCulture));

    public IEventPartitionGrain Events(int partition) => factory.GetGrain<IEventPartitionGrain>(partition.ToString(CultureInfo.InvariantCulture));
}

internal static class GrainsExtensions
{
    public static IServiceInstanceGrain Instance(this IGrains grains, InstanceKey key) => grains.Instance(key.ToString());
}
