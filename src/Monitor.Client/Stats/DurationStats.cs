using System.Numerics;
using Monitor.Protocol;

namespace Monitor.Client.Stats;

/// <summary>
/// Count, mean and standard deviation of durations, exact; and their 95th percentile from a log-linear histogram (as HDR histograms are): 16 buckets for
/// each power of two from 1 µs to 73 minutes, so within about 3 %, in 2 KB whatever the count. Not thread-safe.
/// </summary>
internal sealed class DurationStats
{
    // 2^10 ns to 2^42 ns. What is shorter shares the first bucket, what is longer the last.
    private const int LowestPower = 10;
    private const int HighestPower = 42;
    private const int SubBucketBits = 4;
    private const int SubBuckets = 1 << SubBucketBits;

    private readonly uint[] buckets = new uint[((HighestPower - LowestPower) * SubBuckets) + 1];
    private long count;
    private double mean;
    private double squares;
    private long least = long.MaxValue;
    private long most;

    public void Add(long nanoseconds)
    {
        count++;
        least = Math.Min(least, nanoseconds);
        most = Math.Max(most, nanoseconds);

        // Welford: a sum of squares would cancel itself away.
        var before = nanoseconds - mean;
        mean += before / count;
        squares += before * (nanoseconds - mean);
        buckets[Bucket(nanoseconds)]++;
    }

    public Metrics ToMetrics() => new() { Count = count, Mean = mean, StdDev = Math.Sqrt(squares / count), Upper95 = Upper95() };

    private double Upper95()
    {
        var rank = (long)Math.Ceiling(count * 0.95);
        long seen = 0;
        for (var i = 0; i < buckets.Length; i++)
        {
            seen += buckets[i];
            if (seen >= rank) return Math.Clamp(Middle(i), least, most);
        }

        return most;
    }

    private static int Bucket(long nanoseconds)
    {
        if (nanoseconds < 1L << LowestPower) return 0;
        var power = BitOperations.Log2((ulong)nanoseconds);
        if (power >= HighestPower) return (HighestPower - LowestPower) * SubBuckets;
        var sub = (int)(nanoseconds >> (power - SubBucketBits)) & (SubBuckets - 1);
        return ((power - LowestPower) * SubBuckets) + sub + 1;
    }

    private static double Middle(int bucket)
    {
        if (bucket == 0) return 1L << (LowestPower - 1);
        var (octave, sub) = Math.DivRem(bucket - 1, SubBuckets);
        var width = Math.Pow(2, LowestPower + octave - SubBucketBits);
        return (SubBuckets + sub + 0.5) * width;
    }
}
