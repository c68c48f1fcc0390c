using System.IO.Hashing;

namespace Monitor.Rules.Order;

/// <summary>
/// Tells a duplicate among reports that carry no sequence: one with the same bytes, timestamp included, as one of the last <see cref="Capacity"/>.
/// </summary>
public sealed class RecentContents
{
    public const int Capacity = 128;

    private readonly List<ulong> hashes = [];
    private int next;

    /// <summary>What it remembers, oldest first.</summary>
    public IEnumerable<ulong> Hashes => hashes.Skip(next).Concat(hashes.Take(next));

    public static RecentContents From(IEnumerable<ulong> hashes)
    {
        var recent = new RecentContents();
        recent.hashes.AddRange(hashes.TakeLast(Capacity));
        return recent;
    }

    /// <summary>Notes a report. False where it was seen lately.</summary>
    public bool Add(ReadOnlySpan<byte> report)
    {
        var hash = XxHash3.HashToUInt64(report);
        if (hashes.Contains(hash)) return false;
        if (hashes.Count < Capacity)
        {
            hashes.Add(hash);
        }
        else
        {
            hashes[next] = hash;
            next = (next + 1) % Capacity;
        }

        return true;
    }
}
