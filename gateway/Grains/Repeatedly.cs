using Monitor.Gateway.Errors;

namespace Monitor.Gateway.Grains;

/// <summary>Asks grains again that do not know yet, or cannot be reached: as while a partition goes to another silo, or its silo has died.</summary>
internal static class Repeatedly
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <param name="ask">Null: not known yet.</param>
    /// <param name="longest">For how long it is asked.</param>
    /// <param name="unknown">What the caller is told then.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends it at once.</param>
    /// <exception cref="Grpc.Core.RpcException">UNAVAILABLE: it was not known in that time.</exception>
    public static async Task<T> AskAsync<T>(Func<Task<T?>> ask, TimeSpan longest, string unknown, TimeProvider time, CancellationToken cancellationToken)
        where T : class
    {
        for (var asked = time.GetTimestamp(); ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var late = time.GetElapsedTime(asked) >= longest;
            try
            {
                if (await ask().WaitAsync(cancellationToken) is { } answer) return answer;
                if (late) throw Failure.Unavailable(unknown);
            }
            catch (Exception e) when (!late && e is OrleansException or TimeoutException)
            {
                // A part of the cluster could not be reached.
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }
}
