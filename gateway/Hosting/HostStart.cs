namespace Monitor.Gateway;

/// <summary>The start of the host, in which its server may be up long before the rest is.</summary>
public static class HostStart
{
    /// <summary>Whether all of the host has started.</summary>
    public static bool HasStarted(this IHostApplicationLifetime lifetime) => lifetime.ApplicationStarted.IsCancellationRequested;

    /// <summary>Completes when all of the host has started.</summary>
    public static async Task WaitForStartAsync(this IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        if (lifetime.HasStarted()) return;
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(cancellationToken);
    }
}
