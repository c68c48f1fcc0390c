using System.Collections.ObjectModel;

namespace Monitor.Client;

/// <summary>
/// What a healthcheck found. Results are cut to what the server takes: 256 of them, 16 KiB a value, 1 MiB together; an error to 16 KiB.
/// </summary>
public sealed record HealthCheckOutcome
{
    private HealthCheckOutcome(bool passed, bool degraded, string error, IReadOnlyDictionary<string, string>? results)
    {
        IsOk = passed;
        IsDegraded = degraded;
        Message = error;
        Results = results ?? ReadOnlyDictionary<string, string>.Empty;
    }

    /// <summary>Whether the check passes. A degraded one does.</summary>
    public bool IsOk { get; }

    /// <summary>Whether the check passes but says that its subject is degraded.</summary>
    public bool IsDegraded { get; }

    /// <summary>Why it fails; empty where it passes.</summary>
    public string Message { get; }

    /// <summary>Results by name. Never null.</summary>
    public IReadOnlyDictionary<string, string> Results { get; }

    /// <summary>The check passes.</summary>
    /// <param name="results">Results by name; null for none.</param>
    public static HealthCheckOutcome Ok(IReadOnlyDictionary<string, string>? results = null) => new(true, false, "", results);

    /// <summary>The check passes, but its subject is degraded.</summary>
    /// <param name="results">Results by name; null for none.</param>
    public static HealthCheckOutcome Degraded(IReadOnlyDictionary<string, string>? results = null) => new(true, true, "", results);

    /// <summary>The check fails.</summary>
    /// <param name="message">Why, for people.</param>
    /// <param name="results">Results by name; null for none.</param>
    public static HealthCheckOutcome Error(string message, IReadOnlyDictionary<string, string>? results = null) => new(false, false, message ?? "", results);
}
