using System.Buffers.Text;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Monitor.Client.Stats;

/// <summary>What the operating system says this process has used since it started. What a platform does not tell is 0.</summary>
internal readonly record struct ProcessUsage(
    ulong UserTime, ulong SystemTime, ulong VoluntarySwitches, ulong InvoluntarySwitches, ulong InBlocks, ulong OutBlocks, ulong MaxRss, ulong Threads)
{
    private const int Self = 0;

    public static ProcessUsage Read()
    {
        var cpu = Environment.CpuUsage;
        var usage = default(ResourceUsage);
        var known = (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()) && Environment.Is64BitProcess && GetResourceUsage(Self, ref usage) == 0;
        if (!known) usage = default;
        if (!OperatingSystem.IsLinux() || !TryReadStatus(out var maxRss, out var threads))
        {
            using var process = Process.GetCurrentProcess();
            (maxRss, threads) = (Whole(process.PeakWorkingSet64 / 1024), Whole(process.Threads.Count));
        }

        return new ProcessUsage(
            Whole((long)cpu.UserTime.TotalNanoseconds),
            Whole((long)cpu.PrivilegedTime.TotalNanoseconds),
            Whole(usage.VoluntarySwitches),
            Whole(usage.InvoluntarySwitches),
            Whole(usage.InBlocks),
            Whole(usage.OutBlocks),
            maxRss,
            threads);
    }

    // getrusage's own maximum would be the parent's, if that was larger: it survives an exec.
    private static bool TryReadStatus(out ulong maxRss, out ulong threads)
    {
        maxRss = threads = 0;
        try
        {
            var status = File.ReadAllBytes("/proc/self/status");
            maxRss = Field(status, "VmHWM:"u8);
            threads = Field(status, "Threads:"u8);
            return maxRss > 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static ulong Field(ReadOnlySpan<byte> status, ReadOnlySpan<byte> name)
    {
        var at = status.IndexOf(name);
        if (at < 0) return 0;
        return Utf8Parser.TryParse(status[(at + name.Length)..].TrimStart(" \t"u8), out ulong value, out _) ? value : 0;
    }

    private static ulong Whole(long value) => value < 0 ? 0 : (ulong)value;

    [DllImport("libc", EntryPoint = "getrusage")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetResourceUsage(int who, ref ResourceUsage usage);

    /// <summary>struct rusage of 64-bit Linux and macOS: two times of two words, then words; room for what musl reserves.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 288)]
    private struct ResourceUsage
    {
        [FieldOffset(8 * 11)]
        public long InBlocks;

        [FieldOffset(8 * 12)]
        public long OutBlocks;

        [FieldOffset(8 * 16)]
        public long VoluntarySwitches;

        [FieldOffset(8 * 17)]
        public long InvoluntarySwitches;
    }
}
