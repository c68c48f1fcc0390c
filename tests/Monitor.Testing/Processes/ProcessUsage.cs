using System.Globalization;

namespace Monitor.Testing.Processes;

/// <summary>What a process has used, as Linux accounts for it.</summary>
/// <param name="Cpu">User and system time since its start.</param>
/// <param name="ResidentBytes">Memory it holds now.</param>
public readonly record struct ProcessUsage(TimeSpan Cpu, long ResidentBytes)
{
    // USER_HZ and the page size of every Linux that .NET supports on x64 and arm64 with 4 KiB pages.
    private const double TicksPerSecond = 100;

    public static ProcessUsage Of(int processId)
    {
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        // The name in parentheses may hold spaces; utime and stime are the 12th and 13th field after it.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        var resident = long.Parse(File.ReadAllText($"/proc/{processId}/statm").Split(' ')[1], CultureInfo.InvariantCulture);
        return new(TimeSpan.FromSeconds(ticks / TicksPerSecond), resident * Environment.SystemPageSize);
    }
}
