namespace Monitor.Gateway.GoMicro.Nats;

/// <summary>Whether this gateway takes messages from NATS.</summary>
public sealed class GoMicroNatsStatus
{
    private volatile string? fault = "It has not connected yet.";

    internal GoMicroNatsStatus()
    {
    }

    /// <summary>Why it takes none; null while it does.</summary>
    public string? Fault => fault;

    internal void Taking() => fault = null;

    internal void Lost(string reason) => fault = reason;
}
