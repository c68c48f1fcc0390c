using Monitor.Journal;
using Monitor.Streaming;

namespace Monitor.Grains.Placement;

/// <summary>Where the partitions are at home, by the silos that are active now: what belongs to a partition is activated, and kept, beside the reader of its queue.</summary>
internal sealed class PartitionHomes(IClusterMembershipService membership, ILocalSiloDetails local, IJournal journal)
{
    private Homes? known;

    /// <summary>The owner of a partition; null while no silo is active, as in a start.</summary>
    public SiloAddress? OwnerOf(int partition) => Current() is { Owners.Length: > 0 } homes ? homes.Owners[partition] : null;

    /// <summary>Whether this silo owns it. While nobody does, it does.</summary>
    public bool IsHere(int partition) => OwnerOf(partition) is not { } owner || owner.Equals(local.SiloAddress);

    /// <summary>The partitions that this silo owns.</summary>
    public IEnumerable<int> Here() => Enumerable.Range(0, journal.Partitions).Where(partition => OwnerOf(partition)?.Equals(local.SiloAddress) == true);

    private Homes Current()
    {
        var snapshot = membership.CurrentSnapshot;
        if (known is { } homes && homes.Version == snapshot.Version) return homes;
        var active = snapshot.Members.Values.Where(member => member.Status == SiloStatus.Active).Select(member => member.SiloAddress).ToList();
        return known = new(snapshot.Version, active.Count == 0 ? [] : PartitionOwners.Of(journal.Partitions, active));
    }

    private sealed record Homes(MembershipVersion Version, SiloAddress[] Owners);
}
