using Microsoft.Extensions.Logging;
using Monitor.Journal;

namespace Monitor.Grains.Partitions;

/// <summary>How a partition goes from one silo to another: nothing needs to be handed over for it to be right, but what is saved need not be read again.</summary>
internal abstract partial class PartitionGrain
{
    private static readonly TimeSpan LongestSave = TimeSpan.FromSeconds(5);

    private bool leaving;

    public async Task HandOver()
    {
        await SaveAllAsync();
        Leave();
    }

    private async Task SaveAllAsync()
    {
        using var timeout = new CancellationTokenSource(LongestSave, clock);
        try
        {
            await SnapshotAsync(NowMs(), timeout.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or JournalUnavailableException)
        {
            LogNotSaved(topic, Partition, e.Message);
        }

        using var last = new CancellationTokenSource(LongestSave, clock);
        await SaveAsync(last.Token);
    }

    /// <summary>Ends here, as its queue is read on another silo: it is activated there by the next call.</summary>
    private async Task MoveAsync(CancellationToken cancellationToken)
    {
        LogMoving(topic, Partition, homes.OwnerOf(Partition));
        await SaveAllAsync().WaitAsync(cancellationToken);
        Leave();
        // Migrated, not only deactivated: a call that is sent here after that would activate it here again.
        this.MigrateOnIdle();
    }

    /// <summary>Ends the calls that wait for records to be applied here.</summary>
    private void Leave()
    {
        leaving = true;
        foreach (var (_, reached) in waiting) reached.TrySetResult(false);
        waiting = [];
    }

    [LoggerMessage(1208, LogLevel.Information, "{Topic} partition {Partition} goes to silo {Owner}.")]
    private partial void LogMoving(Topic topic, int partition, SiloAddress? owner);

    [LoggerMessage(1209, LogLevel.Warning, "{Topic} partition {Partition}: not all of its keys could be saved, which the next silo reads from the journal: {Reason}")]
    private partial void LogNotSaved(Topic topic, int partition, string reason);
}
