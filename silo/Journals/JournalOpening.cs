using Monitor.Journal;

namespace Monitor.Silo.Journals;

/// <summary>
/// Opens the journal while the rest of the host starts: the server is up, and says that it is not ready, however long the journal is away. A silo waits with all
/// it does until it is open. It ends the process when the journal has lost its end: what all of it knows is of another journal then, and only a new process is right.
/// </summary>
internal sealed class JournalOpening(IJournal journal, IHostApplicationLifetime lifetime) : IHostedService, ILifecycleParticipant<ISiloLifecycle>
{
    private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>It can be read and written, as far as its server can.</summary>
    public bool IsOpen => opened.Task.IsCompletedSuccessfully;

    /// <summary>Why the process ends, where the journal has lost its end.</summary>
    public JournalLostException? Lost { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await journal.OpenAsync(cancellationToken);
            opened.TrySetResult();
            _ = EndOnceLostAsync();
        }
        catch (Exception e)
        {
            opened.TrySetException(e);
            // Ends the others that start, which would wait for it.
            lifetime.StopApplication();
            throw;
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(JournalOpening), ServiceLifecycleStage.First, cancellationToken => opened.Task.WaitAsync(cancellationToken));

    private async Task EndOnceLostAsync()
    {
        Lost = await journal.Lost;
        lifetime.StopApplication();
    }
}
