using System.Net;
using System.Net.Sockets;

namespace Monitor.Testing.Processes;

/// <summary>Free ports of the loopback interface.</summary>
public static class Ports
{
    /// <summary>
    /// A free port below those that the system gives to outgoing connections, so that none of them takes it while its server is restarted.
    /// </summary>
    public static int Free()
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var port = Random.Shared.Next(12_000, 32_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: try another.
            }
        }

        throw new InvalidOperationException("No free port found between 12000 and 32000.");
    }
}
