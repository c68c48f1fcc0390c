using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Orleans.Runtime;

namespace Monitor.Streaming;

/// <summary>
/// Which silo owns which partition: where its queues are read, and where its grains are, so that what is delivered stays in one process. A pure function of the
/// silos: each partition goes to the silo that ranks highest for it, unless that has its fill already. So when a silo goes, hardly any but its own move.
/// </summary>
public static class PartitionOwners
{
    /// <summary>A silo's fill: this much above the mean. Less would be more even, and move more when silos come and go.</summary>
    private const double Slack = 1.25;

    /// <summary>The owner of each partition, by its number.</summary>
    /// <param name="partitions">How many there are, at least 1.</param>
    /// <param name="silos">In any order, at least one. Of two with one address, as a silo and what it was before a restart, the newer counts.</param>
    public static SiloAddress[] Of(int partitions, IEnumerable<SiloAddress> silos)
    {
        // By address alone, so that a silo that starts again gets back what it had.
        var candidates = silos.GroupBy(silo => silo.Endpoint).Select(same => same.MaxBy(silo => silo.Generation)!)
            .Select(silo => (Silo: silo, Name: silo.Endpoint.ToString())).OrderBy(silo => silo.Name, StringComparer.Ordinal).ToArray();
        var fill = (int)Math.Ceiling(partitions * Slack / candidates.Length);
        var owned = new int[candidates.Length];
        var owners = new SiloAddress[partitions];
        for (var partition = 0; partition < partitions; partition++)
        {
            var best = -1;
            var bestRank = 0UL;
            for (var i = 0; i < candidates.Length; i++)
            {
                if (owned[i] == fill) continue;
                var rank = Rank(candidates[i].Name, partition);
                if (best < 0 || rank > bestRank) (best, bestRank) = (i, rank);
            }

            owned[best]++;
            owners[partition] = candidates[best].Silo;
        }

        return owners;
    }

    private static ulong Rank(string silo, int partition) =>
        XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{partition}@{silo}")));
}
