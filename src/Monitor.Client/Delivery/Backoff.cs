namespace Monitor.Client.Delivery;

/// <summary>Doubles from 0.1 s to 5 s; of that, half to all at random, so that reporters do not come back together.</summary>
internal sealed class Backoff
{
    private static readonly TimeSpan first = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan longest = TimeSpan.FromSeconds(5);
    private int failures;

    public void Reset() => failures = 0;

    public TimeSpan Next()
    {
        var delay = first * (1 << Math.Min(failures++, 6));
        return (delay > longest ? longest : delay) * (0.5 + (Random.Shared.NextDouble() / 2));
    }
}
