using Monitor.Consul.Http;
using Monitor.Consul.Membership;

namespace Orleans.Runtime.Membership;

public sealed partial class ConsulBasedMembershipTable
{
    /// <summary>
    /// Removes silos that are dead and of which nothing was heard since the given time: no start, no heartbeat, no vote. Others stay however old, as they may
    /// only be cut off. Also removes heartbeats without a silo that are as old.
    /// </summary>
    public async Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken)
    {
        var snapshot = await reader.ReadAsync(cancellationToken);
        foreach (var (entry, index) in snapshot.Rows)
        {
            if (entry.Status != SiloStatus.Dead || LastSign(entry) >= beforeDate.UtcDateTime) continue;

            // With its heartbeat as it was read: one that comes meanwhile keeps both.
            List<Change> changes = [new(keys.Row(entry.SiloAddress), null, index)];
            if (snapshot.HeartbeatOf(entry.SiloAddress) is { } heartbeat) changes.Add(new(heartbeat.Key, null, heartbeat.ModifyIndex));
            if (await consul.TransactAsync(changes, cancellationToken) is not null) logger.RemovedSilo(entry.SiloAddress, keys.Folder);
        }

        foreach (var orphan in snapshot.Orphans)
        {
            if (Utc(TableSnapshot.Time(orphan)) < beforeDate.UtcDateTime)
                await consul.TransactAsync([new(orphan.Key, null, orphan.ModifyIndex)], cancellationToken);
        }
    }

    private static DateTime LastSign(MembershipEntry entry)
    {
        var votes = entry.SuspectTimes?.Select(vote => vote.Item2) ?? [];
        return votes.Append(entry.StartTime).Append(entry.IAmAliveTime).Max(Utc);
    }

    // Times without a zone are in UTC, as Orleans takes them.
    private static DateTime Utc(DateTime time) => time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : DateTime.SpecifyKind(time, DateTimeKind.Utc);
}
