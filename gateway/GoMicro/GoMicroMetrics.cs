using System.Diagnostics.Metrics;

namespace Monitor.Gateway.GoMicro;

/// <summary>What became of a message or a call.</summary>
internal enum WireOutcome
{
    /// <summary>Answered, or durable.</summary>
    Accepted,

    /// <summary>Its sender is at fault: malformed, unknown, not allowed.</summary>
    Refused,

    /// <summary>The server is: overloaded, without its journal, stopping.</summary>
    Failed,
}

/// <summary>How messages come.</summary>
internal enum BrokerWire
{
    /// <summary>By go-micro's own broker.</summary>
    Http,

    /// <summary>By a NATS server.</summary>
    Nats,
}

/// <summary>Counts messages and calls by outcome: in the meter <c>Monitor.Gateway.GoMicro</c>, and for <c>Debug.Stats</c>.</summary>
internal sealed class GoMicroMetrics
{
    public const string Meter = "Monitor.Gateway.GoMicro";

    private static readonly string[] Wires = [.. Enum.GetNames<BrokerWire>().Select(name => name.ToLowerInvariant())];
    private static readonly string[] Names = [.. Enum.GetNames<WireOutcome>().Select(name => name.ToLowerInvariant())];

    private readonly long[] messages = new long[Names.Length];
    private readonly long[] calls = new long[Names.Length];
    private readonly Counter<long> messageCounter;
    private readonly Counter<long> callCounter;

    public GoMicroMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(Meter);
        messageCounter = meter.CreateCounter<long>("monitor.gomicro.messages", "{message}", "Messages to the broker's subscriptions, by outcome, topic and wire.");
        callCounter = meter.CreateCounter<long>("monitor.gomicro.calls", "{call}", "RPC calls, by outcome and method.");
    }

    /// <param name="topic">One of a small number: what a sender made up is not among them.</param>
    /// <param name="wire">How it came.</param>
    public void CountMessage(WireOutcome outcome, string topic, BrokerWire wire)
    {
        Interlocked.Increment(ref messages[(int)outcome]);
        messageCounter.Add(1, new("outcome", Names[(int)outcome]), new("topic", topic), new("wire", Wires[(int)wire]));
    }

    /// <param name="method">One of a small number, as above.</param>
    public void CountCall(WireOutcome outcome, string method)
    {
        Interlocked.Increment(ref calls[(int)outcome]);
        callCounter.Add(1, new("outcome", Names[(int)outcome]), new("method", method));
    }

    public ulong Messages(WireOutcome outcome) => (ulong)Volatile.Read(ref messages[(int)outcome]);

    public ulong Calls(WireOutcome outcome) => (ulong)Volatile.Read(ref calls[(int)outcome]);
}
