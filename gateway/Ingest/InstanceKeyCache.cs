using System.IO.Hashing;
using System.Text;
using Monitor.Rules.Keys;

namespace Monitor.Gateway.Ingest;

/// <summary>
/// The keys of instances, from the bytes of a batch: each instance has one string, whatever the number of its batches. Bounded: instances that meet in a
/// slot take turns.
/// </summary>
internal sealed class InstanceKeyCache(int partitions)
{
    private const int Slots = 1 << 16;

    private readonly Entry?[] slots = new Entry?[Slots];

    public Entry Get(ReadOnlySpan<byte> service, ReadOnlySpan<byte> instance)
    {
        ref var slot = ref slots[(XxHash3.HashToUInt64(service) * 31 + XxHash3.HashToUInt64(instance)) & (Slots - 1)];
        // Entries never change, so a race over a slot costs no more than an entry made twice.
        var entry = Volatile.Read(ref slot);
        if (entry is not null && service.SequenceEqual(entry.Service) && instance.SequenceEqual(entry.Instance)) return entry;
        var key = new InstanceKey(Encoding.UTF8.GetString(service), Encoding.UTF8.GetString(instance));
        entry = new(service.ToArray(), instance.ToArray(), key.ToString(), Partitioner.OfInstance(instance, partitions));
        Volatile.Write(ref slot, entry);
        return entry;
    }

    /// <param name="Service">Service name in UTF-8.</param>
    /// <param name="Instance">Instance id in UTF-8.</param>
    /// <param name="Key">The key as a string.</param>
    /// <param name="Partition">Where its reports are.</param>
    public sealed record Entry(byte[] Service, byte[] Instance, string Key, int Partition);
}
