using Monitor.Architecture.Tests.Settings;

namespace Monitor.Architecture.Tests.Deployment;

/// <summary>How long a server that is asked to stop may take.</summary>
internal static class Drain
{
    // What HostRun gives it to close after that.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    public static TimeSpan Bound => (TimeSpan)Setting.All["Monitor:ShutdownTimeout"].Default! + Grace;
}
