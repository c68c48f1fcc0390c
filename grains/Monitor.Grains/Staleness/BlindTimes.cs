using System.Collections.Concurrent;
using System.Globalization;
using Monitor.Protocol;
using Monitor.Rules.Staleness;
using Orleans.Concurrency;

namespace Monitor.Grains.Staleness;

/// <summary>What a report partition's grain knows of its blindness.</summary>
[Alias("monitor.partition.blindness")]
internal interface IBlindness : IGrainWithStringKey
{
    /// <summary>Times in which reports of the partition could not be received or applied, ascending; one that lasts goes up to the call.</summary>
    [Alias("blind"), AlwaysInterleave]
    Task<BlindWindow[]> Blind();
}

/// <summary>
/// The blind times of each partition, for the grains of this silo. Where the partition's grain is on this silo, its <see cref="Sight"/> is read; else it is asked. What
/// is judged for good is judged by windows that are as new as what is judged; what is old here serves only to see whether there is something to judge.
/// </summary>
internal sealed class BlindTimes(IGrainFactory grains, TimeProvider clock)
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<int, Sight> here = [];
    private readonly ConcurrentDictionary<int, Partition> elsewhere = [];

    /// <summary>Says that the partition's grain is on this silo.</summary>
    public void Tell(int partition, Sight sight) => here[partition] = sight;

    /// <summary>Says that the grain which told it is no longer here.</summary>
    public void Forget(int partition, Sight sight) => here.TryRemove(new(partition, sight));

    /// <summary>As known here: the latest may be missing, so that what is live by these is live.</summary>
    public ValueTask<BlindWindows> Of(int partition) =>
        Here(partition) is { } windows ? new(windows)
        : Elsewhere(partition).Known is { } known && clock.GetElapsedTime(known.At) < Kept ? new(known.Windows)
        : NowAsync(partition);

    /// <summary>With every window that the partition knew of when its latest ended at <paramref name="untilMs"/>.</summary>
    public ValueTask<BlindWindows> Of(int partition, long untilMs)
    {
        if (Here(partition) is { } windows && windows.UntilMs >= untilMs) return new(windows);
        if (Elsewhere(partition).Known is { } known && known.Windows.UntilMs >= untilMs) return new(known.Windows);
        return new(Elsewhere(partition).AskAsync());
    }

    /// <summary>
    /// With every window that the partition knows of now. Where it cannot say, the time since it last did counts as blind: nobody judges then.
    /// </summary>
    public ValueTask<BlindWindows> NowAsync(int partition)
    {
        return Here(partition) is { } windows ? new(windows) : new(AskAsync());

        async Task<BlindWindows> AskAsync()
        {
            var other = Elsewhere(partition);
            try
            {
                return await other.AskAsync().WaitAsync(Patience, clock);
            }
            catch (Exception) when (other.Known is { } known)
            {
                return known.Windows.With(known.AtMs, Math.Max(known.AtMs, NowMs()));
            }
        }
    }

    /// <summary>Null where it is not here, or is and does not look: it may be one that the cluster has replaced.</summary>
    private BlindWindows? Here(int partition) =>
        here.TryGetValue(partition, out var sight) && NowMs() is var now && sight.BlindSince(now) == 0 ? sight.Windows : null;

    private Partition Elsewhere(int partition) => elsewhere.GetOrAdd(partition, p => new(grains.GetGrain<IBlindness>(p.ToString(CultureInfo.InvariantCulture)), clock));

    private long NowMs() => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Many that ask at once share an answer, which is never older than the call.</summary>
    private sealed class Partition(IBlindness grain, TimeProvider clock)
    {
        private readonly Lock gate = new();
        private Task<BlindWindows>? asking;
        private Task<BlindWindows>? next;

        public Answer? Known { get; private set; }

        public Task<BlindWindows> AskAsync()
        {
            lock (gate)
            {
                return asking is null ? asking = RunAsync(null) : next ??= RunAsync(asking);
            }
        }

        private async Task<BlindWindows> RunAsync(Task? before)
        {
            // Off the grain that came first: it must not carry the others.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            if (before is not null) await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            lock (gate)
            {
                if (before is not null) (asking, next) = (next, null);
            }

            try
            {
                var (at, atMs) = (clock.GetTimestamp(), clock.GetUtcNow().ToUnixTimeMilliseconds());
                var windows = BlindWindows.From(await grain.Blind().ConfigureAwait(false));
                Known = new(windows, at, atMs);
                return windows;
            }
            finally
            {
                lock (gate)
                {
                    if (next is null) asking = null;
                }
            }
        }
    }

    private sealed record Answer(BlindWindows Windows, long At, long AtMs);
}
