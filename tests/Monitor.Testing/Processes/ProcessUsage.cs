using System.Globalization;

namespace Monitor.Testing.Processes;

/// <summary>What a process has used, as Linux accounts for it.</summary>
/// <param name="Cpu">User and system time since its start.</param>
/// <param name="ResidentBytes">Memory it holds now.</param>
public readonly record struct ProcessUsage(TimeSpan Cpu, long ResidentBytes)
{
    // USER_HZ and the page size of every Linux that .NET supports on x64 and arm64 with 4 KiB pages.
    private const double TicksPerSecond = 100;

    /// <summary>Of a process, the children it has, and the CPU of those that have ended.</summary>
    public static ProcessUsage OfFamily(int processId)
    {
        var parent = processId.ToString(CultureInfo.InvariantCulture);
        var own = Fields(processId);
        var usage = Of(processId) with { Cpu = Ticks(own, 11) + Ticks(own, 13) };
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            try
            {
                var child = int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture);
                if (Fields(child)[1] == parent) usage = new(usage.Cpu + Of(child).Cpu, usage.ResidentBytes + Of(child).ResidentBytes);
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return usage;
    }

    public static ProcessUsage Of(int processId)
    {
        var resident = long.Parse(File.ReadAllText($"/proc/{processId}/statm").Split(' ')[1], CultureInfo.InvariantCulture);
        return new(Ticks(Fields(processId), 11), resident * Environment.SystemPageSize);
    }

    // The name in parentheses may hold spaces. After it the 2nd is the parent, the 12th and 13th are utime and stime, the next two those of children that ended.
    private static string[] Fields(int processId)
    {
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static TimeSpan Ticks(string[] fields, int first) => TimeSpan.FromSeconds(
        (long.Parse(fields[first], CultureInfo.InvariantCulture) + long.Parse(fields[first + 1], CultureInfo.InvariantCulture)) / TicksPerSecond);
}
