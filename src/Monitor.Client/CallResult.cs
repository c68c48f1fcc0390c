namespace Monitor.Client;

/// <summary>How a call ended, for the timings of its endpoint.</summary>
public enum CallResult
{
    /// <summary>It succeeded.</summary>
    Success = 0,

    /// <summary>It failed.</summary>
    Error = 1,

    /// <summary>It ended by a time-out.</summary>
    Dropped = 2,
}
