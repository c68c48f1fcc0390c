using System.Net;
using System.Net.Sockets;

namespace Monitor.LocalCluster;

/// <summary>Free ports of the loopback interface.</summary>
public static class LoopbackPorts
{
    /// <summary>
    /// A free port below those that the system gives to outgoing connections, so that none of them takes it while its server is restarted.
    /// </summary>
    /// <exception cref="ClusterException">None was found.</exception>
    public static int Free()
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var port = Random.Shared.Next(12_000, 32_000);
            if (IsFree(port)) return port;
        }

        throw new ClusterException("No free port found between 12000 and 32000.");
    }

    /// <summary>Whether a server could listen there now.</summary>
    public static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
