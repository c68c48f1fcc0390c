using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Monitor.Cli.Jobs;

/// <summary>Hands signals on to a child process.</summary>
internal static partial class Signals
{
    // Any of them may be redirected, and then knows no terminal.
    private static readonly int[] StandardDescriptors = [0, 1, 2];

    public static void Send(Process process, PosixSignal signal)
    {
        if (process.HasExited)
            return;
        if (OperatingSystem.IsWindows())
            process.Kill(entireProcessTree: true);
        else
            _ = Kill(process.Id, Number(signal));
    }

    /// <summary>
    /// Whether the child got the signal from the terminal already: Ctrl-C and Ctrl-\ go to every process in the foreground. Sent once more it would count
    /// as the second Ctrl-C, on which many programs drop what they are doing.
    /// </summary>
    public static bool ReachedChild(PosixSignal signal) =>
        signal is PosixSignal.SIGINT or PosixSignal.SIGQUIT && (OperatingSystem.IsWindows() || StandardDescriptors.Any(descriptor => ForegroundGroup(descriptor) == OwnGroup()));

    private static int Number(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGHUP => 1,
        PosixSignal.SIGINT => 2,
        PosixSignal.SIGQUIT => 3,
        _ => 15,
    };

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "tcgetpgrp")]
    private static partial int ForegroundGroup(int descriptor);

    [LibraryImport("libc", EntryPoint = "getpgrp")]
    private static partial int OwnGroup();
}
