using Monitor.Client.Stats;

namespace Monitor.Client.Tests.Stats;

public sealed class ProcessStatsTests
{
    [Fact]
    public void Stats_OfThisProcess_ArePlausible()
    {
        var source = new StatsSource(new EndpointTimings(), true);
        var path = Path.Combine(AppContext.BaseDirectory, $"{Guid.NewGuid():N}.tmp");
        double work = 0;
        for (var i = 0; i < 20_000_000; i++) work += Math.Sqrt(i);
        using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
        {
            file.Write(new byte[1 << 20]);
            file.Flush(flushToDisk: true);
        }

        var stats = source.Take()!;

        Assert.True(work > 0);
        Assert.InRange(stats.Cpu.UserTime + stats.Cpu.SystemTime, 1_000_000UL, 60_000_000_000UL);
        Assert.InRange(stats.Memory.MaxRss, 10UL * 1024, 8UL * 1024 * 1024);
        Assert.InRange(stats.Runtime.NumThreads, 2UL, 1000UL);
        Assert.InRange(stats.Runtime.HeapInUse, 10_000UL, stats.Runtime.HeapTotal);
        if (OperatingSystem.IsLinux()) Assert.True(stats.Cpu.VolCtxSwitch + stats.Cpu.InvCtxSwitch > 0);
        Assert.True(source.Take()!.Cpu.UserTime < 60_000_000_000);
    }

    [Fact]
    public void Stats_SwitchedOff_AreOnlyEndpoints()
    {
        var timings = new EndpointTimings();
        var source = new StatsSource(timings, false);
        Assert.Null(source.Take());
        timings.Record("orders", "Get", TimeSpan.FromMilliseconds(1), CallResult.Success);
        var stats = source.Take()!;
        Assert.Null(stats.Cpu);
        Assert.Single(stats.Endpoints);
    }
}
