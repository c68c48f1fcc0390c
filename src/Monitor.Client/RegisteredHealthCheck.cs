namespace Monitor.Client;

/// <summary>A healthcheck that a reporter runs.</summary>
/// <param name="Id">Its id, unique within the reporter.</param>
/// <param name="Description">What it checks, for people.</param>
public sealed record RegisteredHealthCheck(string Id, string Description);
