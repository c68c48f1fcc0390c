using Microsoft.Extensions.Options;
using Monitor.Consul.Http;
using Monitor.Grains;
using Monitor.Journal;
using Monitor.Journal.Postgres;
using Orleans.Configuration;
using Orleans.Runtime.Membership;

namespace Monitor.Silo.Cluster;

/// <summary>
/// Has a silo join, or make a membership table, only where the journal is not consumed by silos that the table does not know: those of another cluster, or of this
/// one when Consul has lost its table. Before it writes anything.
/// </summary>
internal sealed partial class JournalClaim(
    IJournal journal, IMembershipTable table, IOptions<GrainOptions> grains, IOptions<PostgresJournalOptions> postgres, IOptions<ClusterMembershipOptions> membership,
    IHostApplicationLifetime lifetime, TimeProvider time, ILogger<JournalClaim> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(1);

    private volatile string? waiting;

    /// <summary>What it waits for; null before and after.</summary>
    public string? Waiting => waiting;

    // After the journal is open, and before Orleans makes the table.
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(JournalClaim), ServiceLifecycleStage.First + 1, CheckAsync);

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        var publish = membership.Value.IAmAliveTablePublishTimeout;
        var watch = TimeSpan.FromTicks(Math.Max((2 * grains.Value.BeatPeriod).Ticks, publish.Ticks)) + TimeSpan.FromSeconds(1);
        // Two clocks that are each as far from the server's as is tolerated.
        var old = (2 * postgres.Value.ClockTolerance) + TimeSpan.FromSeconds(30) + watch;
        if (!await IsTakenAsync(() => new(new(table, 3 * publish, time), journal, old, watch, time), cancellationToken)) return;

        // Ends the others that start.
        lifetime.StopApplication();
        throw new JournalRefusedException(
            $"The journal on {journal} is in use by silos that are not in this cluster's membership table ({table}): either the table was lost while they run, or they are another "
            + "cluster's. Stop every silo and gateway of them first (docs/operations.md), or set another Monitor:Postgres:Schema for this cluster.");
    }

    private async Task<bool> IsTakenAsync(Func<BeatWatch> start, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                // Some tables can be read only after that; it makes none.
                await table.InitializeMembershipTableAsync(false, cancellationToken);
                var taken = await start().IsTakenAsync(Watches, cancellationToken);
                waiting = null;
                return taken;
            }
            catch (ConsulException e) when (e.IsDenied)
            {
                // What the token lacks in all is said by whoever makes the table, which comes next.
                waiting = null;
                return false;
            }
            catch (Exception e) when (e is ConsulException or MembershipTableLostException or JournalUnavailableException)
            {
                waiting = $"Waiting to see who uses the journal: {e.Message}";
                // Every half minute.
                if (attempt % 30 == 0) LogWaiting(e.Message);
            }

            await Task.Delay(RetryPeriod, time, cancellationToken);
        }
    }

    private void Watches()
    {
        waiting = "The silo waits to see whether silos that are not in its membership table use the journal.";
        LogWatching();
    }

    [LoggerMessage(1302, LogLevel.Information, "The journal was in use until recently, and no live silo is in the membership table: waiting to see whether it still is.")]
    private partial void LogWatching();

    [LoggerMessage(1303, LogLevel.Warning, "Waiting for the membership table and the journal, to see who uses it: {Reason}")]
    private partial void LogWaiting(string reason);
}
