using System.Globalization;
using Monitor.Journal;
using Monitor.Rules.Keys;
using Monitor.Streaming;
using Orleans.Metadata;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Monitor.Grains.Placement;

/// <summary>What a grain's key is, and so to which partition it belongs.</summary>
internal enum KeyKind
{
    Partition = 0,
    Instance = 1,
    Check = 2,
    Service = 3,
}

/// <summary>Places a grain where its partition is at home.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class PartitionPlacementAttribute(KeyKind kind) : PlacementAttribute(new PartitionPlacement(kind));

[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("monitor.partition-placement")]
internal sealed class PartitionPlacement : PlacementStrategy
{
    private const string KindProperty = "monitor.key";

    [Id(0)]
    private KeyKind kind;

    public PartitionPlacement()
    {
    }

    public PartitionPlacement(KeyKind kind) => this.kind = kind;

    public override void Initialize(GrainProperties properties) => kind = Enum.Parse<KeyKind>(properties.Properties[KindProperty]);

    public override void PopulateGrainProperties(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties)
    {
        base.PopulateGrainProperties(services, grainClass, grainType, properties);
        properties[KindProperty] = kind.ToString();
    }

    public int PartitionOf(string key, int partitions) => kind switch
    {
        KeyKind.Partition => int.Parse(key, CultureInfo.InvariantCulture),
        KeyKind.Instance => Partitioner.OfInstance(InstanceKey.Parse(key).Instance, partitions),
        KeyKind.Check => Partitioner.OfEvent(EventKey.OfCheck(key), partitions),
        KeyKind.Service => Partitioner.OfEvent(EventKey.OfService(key), partitions),
        _ => throw new InvalidOperationException($"A key of kind {kind} is of no partition."),
    };
}

internal sealed class PartitionPlacementDirector(PartitionHomes homes, IJournal journal) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var partition = ((PartitionPlacement)strategy).PartitionOf(target.GrainIdentity.Key.ToString()!, journal.Partitions);
        var compatible = context.GetCompatibleSilos(target);
        return Task.FromResult(homes.OwnerOf(partition) is { } owner && compatible.Contains(owner)
            ? owner
            : PartitionOwners.Of(journal.Partitions, compatible)[Math.Clamp(partition, 0, journal.Partitions - 1)]);
    }
}
