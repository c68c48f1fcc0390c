using Monitor.Journal;

namespace Monitor.Silo.Cluster;

/// <summary>Whether silos that are not in the membership table consume the journal: its partitions beat, and no silo that could do it is in the table.</summary>
/// <param name="old">A beat that is older is of nobody who lives.</param>
/// <param name="watch">How long beats are watched: longer than two of them, and than two signs of life in the table, are apart.</param>
internal sealed class BeatWatch(LiveSilos silos, IJournal journal, TimeSpan old, TimeSpan watch, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Whether this is another's journal; <paramref name="waits"/> is called where that cannot be told at once.</summary>
    public async Task<bool> IsTakenAsync(Action waits, CancellationToken cancellationToken)
    {
        if (await silos.AnyAsync(cancellationToken)) return false;
        var first = await journal.LatestBeatAsync(Topic.Reports, cancellationToken);
        if (first == 0 || time.GetUtcNow().ToUnixTimeMilliseconds() - first > old.TotalMilliseconds) return false;

        waits();
        for (var since = time.GetTimestamp(); time.GetElapsedTime(since) < watch;)
        {
            await Task.Delay(Period, time, cancellationToken);
            // As of another that starts at the same time, and was before.
            if (await silos.AnyAsync(cancellationToken)) return false;
        }

        // In this order: a silo is in the table before its partitions beat. Earlier than the first is a beat too, by another clock.
        return await journal.LatestBeatAsync(Topic.Reports, cancellationToken) != first && !await silos.AnyAsync(cancellationToken);
    }
}
