using System.Runtime.InteropServices;

namespace Monitor.Testing.Processes;

/// <summary>Signals that <see cref="System.Diagnostics.Process"/> does not send.</summary>
internal static partial class Signals
{
    private const int Sigterm = 15;
    private const int Sigcont = 18;
    private const int Sigstop = 19;

    public static void Terminate(int processId)
    {
        if (Kill(processId, Sigterm) != 0) throw new InvalidOperationException($"SIGTERM to process {processId} failed: error {Marshal.GetLastPInvokeError()}.");
    }

    public static void Suspend(int processId) => Send(processId, Sigstop);

    public static void Resume(int processId) => Send(processId, Sigcont);

    public static void Send(int processId, int signal)
    {
        if (Kill(processId, signal) != 0) throw new InvalidOperationException($"Signal {signal} to process {processId} failed: error {Marshal.GetLastPInvokeError()}.");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
