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
    private readonly GrainsOf<IServiceInstanceGrain> instances = new(factory);
    private readonly GrainsOf<IHealthCheckGrain> checks = new(factory);
    private readonly GrainsOf<IServiceGrain> services = new(factory);
    private readonly GrainsOf<IReportPartitionGrain> reports = new(factory);
    private readonly GrainsOf<IEventPartitionGrain> events = new(factory);

    public IServiceInstanceGrain Instance(string key) => instances[key];

    public IHealthCheckGrain HealthCheck(string id) => checks[id];

    public IServiceGrain Service(string name) => services[name];

    public IReportPartitionGrain Reports(int partition) => reports[partition.ToString(CultureInfo.InvariantCulture)];

    public IEventPartitionGrain Events(int partition) => events[partition.ToString(CultureInfo.InvariantCulture)];
}

internal static class GrainsExtensions
{
    public static IServiceInstanceGrain Instance(this IGrains grains, InstanceKey key) => grains.Instance(key.ToString());
}
