namespace Monitor.Client.Stats;

/// <summary>The stats of each interval: process usage as differences, and the endpoints' timings.</summary>
internal sealed class StatsSource(EndpointTimings timings, bool processStats)
{
    private ProcessUsage last = processStats ? ProcessUsage.Read() : default;

    /// <summary>Null where there is nothing to tell. Not to be called twice at a time.</summary>
    public Protocol.Stats? Take()
    {
        var stats = new Protocol.Stats();
        timings.TakeInto(stats.Endpoints);
        if (!processStats) return stats.Endpoints.Count == 0 ? null : stats;
        var now = ProcessUsage.Read();
        stats.Cpu = new Protocol.CPU
        {
            UserTime = Since(last.UserTime, now.UserTime),
            SystemTime = Since(last.SystemTime, now.SystemTime),
            VolCtxSwitch = Since(last.VoluntarySwitches, now.VoluntarySwitches),
            InvCtxSwitch = Since(last.InvoluntarySwitches, now.InvoluntarySwitches),
        };
        stats.Memory = new Protocol.Memory { MaxRss = now.MaxRss };
        stats.Disk = new Protocol.Disk { InBlock = Since(last.InBlocks, now.InBlocks), OuBlock = Since(last.OutBlocks, now.OutBlocks) };
        var inUse = (ulong)GC.GetTotalMemory(false);
        stats.Runtime = new Protocol.Runtime
        {
            NumThreads = now.Threads,
            HeapInUse = inUse,

            // Before the first collection nothing is known to be committed.
            HeapTotal = Math.Max(inUse, (ulong)GC.GetGCMemoryInfo().TotalCommittedBytes),
        };
        last = now;
        return stats;
    }

    private static ulong Since(ulong before, ulong now) => now > before ? now - before : 0;
}
