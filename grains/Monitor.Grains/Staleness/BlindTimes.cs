using System.Collections.Concurrent;
using System.Globalization;
using Monitor.Protocol;
using Monitor.Rules.Staleness;
using Orleans.Concurrency;

namespace Monitor.Grains.Staleness;

/// <summary>What a report partition's grain knows of its blindness.</summary>
[Alias("monitor.partition.blindness")]
internal interface IBlindness : IGrainWithStringKey
{
    /// <summary>Times in which reports of the partition could not be received or applied, ascending.</summary>
    [Alias("blind"), AlwaysInterleave]
    Task<BlindWindow[]> Blind();
}

/// <summary>
/// The blind times of each partition, for the grains of this silo. The partition's grain, where it is on this silo, says them as it finds them; else it is asked,
/// and the answer kept for some seconds.
/// </summary>
internal sealed class BlindTimes(IGrainFactory grains, TimeProvider clock)
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<int, (BlindWindows Windows, long At)> known = [];

    /// <summary>Says what the partition's grain, on this silo, knows. Null: it is no longer here.</summary>
    public void Tell(int partition, BlindWindows? windows)
    {
        if (windows is null) known.TryRemove(partition, out _);
        else known[partition] = (windows, long.MaxValue);
    }

    public ValueTask<BlindWindows> Of(int partition) =>
        known.TryGetValue(partition, out var k) && (k.At == long.MaxValue || clock.GetElapsedTime(k.At) < Kept) ? new(k.Windows) : new(Ask(partition));

    private async Task<BlindWindows> Ask(int partition)
    {
        var asked = clock.GetTimestamp();
        var windows = BlindWindows.From(await grains.GetGrain<IBlindness>(partition.ToString(CultureInfo.InvariantCulture)).Blind());
        known.AddOrUpdate(partition, (windows, asked), (_, k) => k.At == long.MaxValue ? k : (windows, asked));
        return windows;
    }
}
