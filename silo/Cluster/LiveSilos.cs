namespace Monitor.Silo.Cluster;

/// <summary>Whether any silo of the membership table lives, as far as its rows tell.</summary>
internal sealed class LiveSilos(IMembershipTable table, TimeSpan recent, TimeProvider time)
{
    private readonly Dictionary<SiloAddress, DateTime> signs = [];

    /// <summary>A row of one that has not left, and that is young; or newer than at the last call, as clocks may be apart.</summary>
    public async Task<bool> AnyAsync(CancellationToken cancellationToken)
    {
        var any = false;
        var oldest = time.GetUtcNow().UtcDateTime - recent;
        foreach (var (row, _) in (await table.ReadAllAsync(cancellationToken)).Members)
        {
            if (row.Status is not (SiloStatus.Joining or SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping)) continue;
            var sign = Utc(row.StartTime) > Utc(row.IAmAliveTime) ? Utc(row.StartTime) : Utc(row.IAmAliveTime);
            any |= sign >= oldest || (signs.TryGetValue(row.SiloAddress, out var before) && sign != before);
            signs[row.SiloAddress] = sign;
        }

        return any;
    }

    // Times without a zone are in UTC, as Orleans takes them.
    private static DateTime Utc(DateTime time) => time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : DateTime.SpecifyKind(time, DateTimeKind.Utc);
}
