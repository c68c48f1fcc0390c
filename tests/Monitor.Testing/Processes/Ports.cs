using Monitor.LocalCluster;

namespace Monitor.Testing.Processes;

/// <summary>Free ports of the loopback interface.</summary>
public static class Ports
{
    /// <inheritdoc cref="LoopbackPorts.Free"/>
    public static int Free() => LoopbackPorts.Free();
}
