using Monitor.Gateway.GoMicro.Broker;

namespace Monitor.Gateway.GoMicro.Nats;

/// <summary>
/// Takes the messages of one topic until it is told to end. Messages are appended in order of arrival and answered as they become durable.
/// </summary>
internal abstract class NatsSession(NatsIntake intake)
{
    private readonly Lock gate = new();
    private readonly HashSet<Task> inFlight = [];

    /// <summary>Completes when no more is taken; what is on its way to the journal may still be: <see cref="DrainAsync"/>.</summary>
    /// <param name="ending">Told to end.</param>
    public abstract Task RunAsync(CancellationToken ending);

    /// <summary>Completes when all that was taken is answered.</summary>
    public async Task DrainAsync()
    {
        Task[] left;
        lock (gate) left = [.. inFlight];
        await Task.WhenAll(left);
    }

    protected NatsIntake Intake => intake;

    /// <summary>Lets a message go on by itself, and waits only where there is no room for another.</summary>
    protected async ValueTask GoOnAsync(Task taking, CancellationToken ending)
    {
        if (!taking.IsCompleted)
        {
            lock (gate) inFlight.Add(taking);
            _ = taking.ContinueWith(Remove, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        var room = intake.RoomAsync();
        if (!room.IsCompleted) await room.WaitAsync(ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Remove(Task done)
    {
        lock (gate) inFlight.Remove(done);
    }
}
