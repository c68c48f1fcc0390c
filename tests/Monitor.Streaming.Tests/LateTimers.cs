using System.Collections.Concurrent;

namespace Monitor.Streaming.Tests;

/// <summary>Timers that fire when told to, even once they are disposed: as one does that was about to fire as it was disposed.</summary>
internal sealed class LateTimers : TimeProvider
{
    private readonly ConcurrentQueue<Action> callbacks = [];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        callbacks.Enqueue(() => callback(state));
        return new Timer();
    }

    public int FireAll()
    {
        var fired = 0;
        while (callbacks.TryDequeue(out var callback))
        {
            callback();
            fired++;
        }

        return fired;
    }

    private sealed class Timer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
