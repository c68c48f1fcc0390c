namespace Monitor.Client.Tests.Server;

internal static class Wait
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    /// <summary>Waits on a condition; each time it does not hold yet, runs the step (to advance a clock).</summary>
    public static async Task UntilAsync(Func<bool> condition, string what, Action? step = null)
    {
        using var timeout = new CancellationTokenSource(patience);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
        {
            step?.Invoke();
            try
            {
                await poll.WaitForNextTickAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Waited {patience} in vain for {what}.");
            }
        }
    }
}
