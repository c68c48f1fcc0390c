using System.Buffers;
using NATS.Client.Core;

namespace Monitor.Gateway.GoMicro.Nats;

/// <summary>
/// Bounds what waits in the client, which counts messages and not their bytes: of a message that is too much, nothing but its arrival is kept. For one set of subscriptions: what they leave
/// behind goes with it.
/// </summary>
/// <param name="most">Bytes that may wait.</param>
internal sealed class NatsPending(long most) : INatsDeserialize<byte[]>
{
    // Told by being this one.
    private static readonly byte[] TooMuch = new byte[1];

    private long bytes;

    public byte[] Deserialize(in ReadOnlySequence<byte> buffer)
    {
        if (Interlocked.Add(ref bytes, buffer.Length) <= most) return buffer.ToArray();
        Interlocked.Add(ref bytes, -buffer.Length);
        return TooMuch;
    }

    /// <summary>A message waits no more. False: it was too much.</summary>
    public bool Leave(byte[]? data)
    {
        if (ReferenceEquals(data, TooMuch)) return false;
        Interlocked.Add(ref bytes, -(data?.Length ?? 0));
        return true;
    }
}
