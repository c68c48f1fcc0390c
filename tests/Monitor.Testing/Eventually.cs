using System.Diagnostics;

namespace Monitor.Testing;

/// <summary>Waits for a condition by asking again, and says on time-out what was awaited and what was there instead.</summary>
public static class Eventually
{
    /// <summary>How long is waited where nothing else is said: generous, for a machine that does much else.</summary>
    public static TimeSpan DefaultTimeout { get; } = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks until the condition holds.</summary>
    /// <param name="what">What is awaited, for the message: "the instance is listed".</param>
    /// <exception cref="TimeoutException">It did not hold in time; says what the last attempt threw.</exception>
    public static Task UntilAsync(string what, Func<CancellationToken, Task<bool>> holds, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        GetAsync(what, holds, static held => held, timeout, cancellationToken);

    /// <summary>Asks until the condition holds.</summary>
    public static Task UntilAsync(string what, Func<bool> holds, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        GetAsync(what, _ => Task.FromResult(holds()), static held => held, timeout, cancellationToken);

    /// <summary>Asks until the answer is as wanted, and answers it. An attempt that throws counts as not yet.</summary>
    /// <exception cref="TimeoutException">It was not so in time; holds the last answer, or what the last attempt threw.</exception>
    public static async Task<T> GetAsync<T>(
        string what, Func<CancellationToken, Task<T>> ask, Func<T, bool> wanted, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var limit = timeout ?? DefaultTimeout;
        var started = Stopwatch.GetTimestamp();
        using var expiry = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        expiry.CancelAfter(limit);
        var last = "no answer yet";
        Exception? failure = null;
        while (Stopwatch.GetElapsedTime(started) < limit)
        {
            try
            {
                var answer = await ask(expiry.Token);
                if (wanted(answer)) return answer;
                (last, failure) = (answer?.ToString() ?? "null", null);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // The attempt that the time-out itself ended says nothing new.
                if (!expiry.IsCancellationRequested) (last, failure) = ($"{e.GetType().Name}: {e.Message}", e);
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }

        throw new TimeoutException($"Waited {limit.TotalSeconds:0.#} s until {what}. Last: {last}", failure);
    }
}
