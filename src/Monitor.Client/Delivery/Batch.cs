namespace Monitor.Client.Delivery;

/// <summary>One encoded publish, kept until it is answered. Guarded by the lock of its <see cref="Outbox"/>.</summary>
internal sealed class Batch(ulong id, byte[] payload, int reports)
{
    // The object, its list node and the array's header.
    private const int Overhead = 128;

    public ulong Id { get; } = id;

    public byte[] Payload { get; } = payload;

    public int Reports { get; } = reports;

    public int Size => Payload.Length + Overhead;

    /// <summary>Loss to tell with it; set when it is first sent, and the same whenever it is sent again.</summary>
    public ulong Lost { get; set; }

    public bool WasSent { get; set; }

    /// <summary>Sent on the present connection.</summary>
    public bool InFlight { get; set; }
}

/// <summary>A batch as it goes out: what may differ between its sendings is written behind its bytes.</summary>
internal sealed record Frame(byte[] Payload, ulong Lost, bool Resent);
