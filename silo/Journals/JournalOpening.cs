using Monitor.Journal;

namespace Monitor.Silo.Journals;

/// <summary>
/// Opens the journal while the rest of the host starts: the server is up, and says that it is not ready, however long the journal is away. A silo waits with all
/// it does until it is open.
/// </summary>
internal sealed class JournalOpening(IJournal journal, IHostApplicationLifetime lifetime) : IHostedService, ILifecycleParticipant<ISiloLifecycle>
{
    private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>It can be read and written, as far as its server can.</summary>
    public bool IsOpen => opened.Task.IsCompletedSuccessfully;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await journal.OpenAsync(cancellationToken);
            opened.TrySetResult();
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
}
