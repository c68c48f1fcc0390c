using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Orleans.Runtime;

namespace Monitor.Streaming;

/// <summary>
/// Which silo owns which partition: where its queues are read, and where its grains are, so that what is delivered stays in one process. A pure function of the
/// silos, evenly spread: each has at most one partition more than another, and most stay where they are when a silo comes or goes.
/// </summary>
public static class PartitionOwners
{
    /// <summary>The owner of each partition, by its number.</summary>
    /// <param name="partitions">How many there are, at least 1.</param>
    /// <param name="silos">In any order, at least one. Of two with one address, as a silo and what it was before a restart, the newer counts.</param>
    public static SiloAddress[] Of(int partitions, IEnumerable<SiloAddress> silos)
    {
        // By address alone, so that a silo that starts again gets back what it had.
        var candidates = silos.GroupBy(silo => silo.Endpoint).Select(same => same.MaxBy(silo => silo.Generation)!)
            .Select(silo => (Silo: silo, Name: silo.Endpoint.ToString())).OrderBy(silo => silo.Name, StringComparer.Ordinal).ToArray();
        var (least, withOneMore) = Math.DivRem(partitions, candidates.Length);
        var owned = new int[candidates.Length];
        var owners = new SiloAddress[partitions];
        for (var partition = 0; partition < partitions; partition++)
        {
            // The one that ranks highest for it and has room.
            var best = -1;
            var bestRank = 0UL;
            for (var i = 0; i < candidates.Length; i++)
            {
                if (owned[i] > least || (owned[i] == least && withOneMore == 0)) continue;
                var rank = Rank(candidates[i].Name, partition);
                if (best < 0 || rank > bestRank) (best, bestRank) = (i, rank);
            }

            if (owned[best]++ == least) withOneMore--;
            owners[partition] = candidates[best].Silo;
        }

        return owners;
    }

    private static ulong Rank(string silo, int partition) =>
        XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{partition}@{silo}")));
}
