using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace Monitor.LocalCluster.Processes;

/// <summary>A process, and no other that gets its number later.</summary>
/// <param name="Id">Its number.</param>
/// <param name="StartTicks">When it started, in the system's ticks since its boot.</param>
/// <param name="Boot">Which boot of the system.</param>
public sealed partial record ProcessIdentity(int Id, long StartTicks, string Boot)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private static string ThisBoot { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>Whether it runs, is paused, or is gone.</summary>
    [JsonIgnore]
    public ProcessCondition Condition => Boot == ThisBoot && Read(Id) is { } now && now.StartTicks == StartTicks
        ? now.State switch
        {
            // Ended, and not yet waited for by its parent. With threads that still end it has its ports still.
            'Z' or 'X' when now.Threads <= 1 => ProcessCondition.Gone,
            'T' or 't' => ProcessCondition.Paused,
            _ => ProcessCondition.Running,
        }
        : ProcessCondition.Gone;

    /// <summary>The process that has this number now; null where none has.</summary>
    public static ProcessIdentity? Of(int id) => Read(id) is { } now ? new(id, now.StartTicks, ThisBoot) : null;

    /// <summary>All processes that work in a folder, children of a server that died among them.</summary>
    internal static IReadOnlyList<ProcessIdentity> WorkingIn(string folder)
    {
        List<ProcessIdentity> found = [];
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            try
            {
                if (new FileInfo(Path.Combine(directory, "cwd")).LinkTarget == folder && Of(id) is { Condition: not ProcessCondition.Gone } process) found.Add(process);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone meanwhile, or another user's.
            }
        }

        return found;
    }

    /// <summary>Sends it a signal; nothing where it is gone.</summary>
    /// <exception cref="ClusterException">The system refuses.</exception>
    internal void Send(Signal signal)
    {
        if (Condition == ProcessCondition.Gone || Kill(Id, (int)signal) == 0) return;
        var error = Marshal.GetLastPInvokeError();
        if (Condition != ProcessCondition.Gone) throw new ClusterException($"{signal} to process {Id} failed: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    /// <summary>Waits until it is gone, and answers whether it is so in time.</summary>
    internal async Task<bool> GoneAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (Condition != ProcessCondition.Gone)
        {
            if (TimeProvider.System.GetElapsedTime(started) > timeout) return false;
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }

        return true;
    }

    private static (char State, int Threads, long StartTicks)? Read(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            // The name in parentheses may hold spaces; the state is the first field after it, the number of threads the 18th, the start time the 20th.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], int.Parse(fields[17], CultureInfo.InvariantCulture), long.Parse(fields[19], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}

/// <summary>What a process does.</summary>
public enum ProcessCondition
{
    Gone = 0,
    Running = 1,

    /// <summary>Stopped by SIGSTOP: it is there, and does nothing.</summary>
    Paused = 2,
}

/// <summary>Signals by their numbers on Linux.</summary>
internal enum Signal
{
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}
