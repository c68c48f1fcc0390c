using Monitor.Protocol;

namespace Monitor.Rules.Instances;

/// <summary>
/// Which reports of an instance, by their place in the journal, were duplicates (history leaves them out) or late (history marks them). Bounded: the oldest are forgotten
/// past <see cref="Capacity"/>, and then appear in history as if accepted.
/// </summary>
public sealed class IrregularReports
{
    public const int Capacity = 4096;

    private readonly List<(long Position, int Index, Outcome Outcome)> reports = []; // ascending; a negative index: that many, all of the record

    public void Add(long position, int index, Outcome outcome)
    {
        reports.Add((position, index, outcome));
        if (reports.Count > Capacity) reports.RemoveRange(0, Capacity / 8);
    }

    /// <summary>Turns the last <paramref name="count"/> entries, all reports of one record, into one where they are of one outcome.</summary>
    public void MergeLast(long position, int count)
    {
        if (reports.Count < count) return;
        var outcome = reports[^1].Outcome;
        var entries = reports.TakeLast(count).ToList();
        if (entries.Exists(e => e.Outcome != outcome || e.Position != position)) return;
        reports.RemoveRange(reports.Count - count, count);
        reports.Add((position, -count, outcome));
    }

    /// <summary>Outcome of a report; ACCEPTED where nothing else is known.</summary>
    public Outcome Of(long position, int index)
    {
        for (var at = First(position); at < reports.Count && reports[at].Position == position; at++)
        {
            if (reports[at].Index == index || reports[at].Index < 0) return reports[at].Outcome;
        }

        return Outcome.Accepted;
    }

    /// <summary>The outcomes of a record's reports that were not simply accepted.</summary>
    public IReadOnlyList<ReportOutcome> Of(long position)
    {
        var outcomes = new List<ReportOutcome>();
        for (var at = First(position); at < reports.Count && reports[at].Position == position; at++)
        {
            var (_, index, outcome) = reports[at];
            var (from, to) = index < 0 ? (0, -index) : (index, index + 1);
            for (var i = from; i < to; i++) outcomes.Add(new ReportOutcome { Index = (uint)i, Outcome = outcome });
        }

        return outcomes;
    }

    public IEnumerable<Irregular> ToMessages() =>
        reports.Select(r => new Irregular { Position = r.Position, Index = r.Index, Outcome = (int)r.Outcome });

    public static IrregularReports From(IEnumerable<Irregular> irregular)
    {
        var all = new IrregularReports();
        all.reports.AddRange(irregular.Select(i => (i.Position, i.Index, (Outcome)i.Outcome)));
        return all;
    }

    private int First(long position)
    {
        var (low, high) = (0, reports.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (reports[middle].Position < position) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
