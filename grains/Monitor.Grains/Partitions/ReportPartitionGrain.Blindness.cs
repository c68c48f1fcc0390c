using Microsoft.Extensions.Logging;
using Monitor.Grains.Abstractions;
using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Rules.Staleness;

namespace Monitor.Grains.Partitions;

/// <summary>Looks, beats, and says when the partition was blind.</summary>
internal sealed partial class ReportPartitionGrain
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan UpkeepPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan JournalPatience = TimeSpan.FromSeconds(1);

    private Sight sight = null!;
    private Reception? reception;
    private BlindWindows saving = BlindWindows.None;
    private Task beating = Task.CompletedTask;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await base.OnActivateAsync(cancellationToken);
        if (sight.Unsaved) LogBlind(Partition, TimeSpan.FromMilliseconds(NowMs() - sight.BeatMs));
        await TryBeatAsync(NowMs());
        blindTimes.Tell(Partition, sight);

        // Beside whatever the grain is at: what it waits for is no blindness, but a process that stands still is, or a journal that cannot be written.
        this.RegisterGrainTimer(LookAsync, new() { DueTime = LookPeriod, Period = LookPeriod, KeepAlive = true, Interleave = true });
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (sight is not null) blindTimes.Forget(Partition, sight);
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    public Task Receiving(string gateway, bool leaving)
    {
        if (leaving) reception?.Leave(gateway);
        else reception?.Hear(gateway, NowMs());
        return Task.CompletedTask;
    }

    public Task<BlindWindow[]> Blind() => Task.FromResult<BlindWindow[]>([.. sight.AsOf(NowMs()).ToMessages()]);

    public async Task<PartitionSummary> Summary(string? service)
    {
        var behind = await BehindAsync();
        var now = NowMs();
        var counts = service is null ? services.Values.Select(s => s.Counts.Clone())
            : services.TryGetValue(service, out var one) ? [one.Counts.Clone()]
            : Enumerable.Empty<ServiceSummary>();
        return new([.. counts], behind, sight.BlindSince(now), [.. sight.AsOf(now).ToMessages()]);
    }

    protected override long BlindUntilMs
    {
        get
        {
            var now = NowMs();
            Look(now);
            return sight.AsOf(now).UntilMs;
        }
    }

    /// <summary>The time since the last beat was spent blind: whatever came due in it gets an interval more.</summary>
    protected override void Restore(Checkpoint checkpoint, PartitionSnapshot snapshot)
    {
        var now = NowMs();
        sight = new(BlindWindows.From(snapshot.Blind), checkpoint.BeatMs, now, Options.BlindAfter);
        if (receivers.Apart) reception = new(now);
    }

    protected override long Save(PartitionSnapshot snapshot)
    {
        saving = sight.Windows;
        snapshot.Blind.AddRange(saving.ToMessages());

        // Past the last look nothing is known; a window since would not be in what is saved.
        return sight.SeenMs;
    }

    protected override async Task BeforeUpkeepAsync()
    {
        var now = NowMs();
        Look(now);
        if (sight.Unsaved || now - sight.BeatMs >= Options.BeatPeriod.TotalMilliseconds) await BeatAsync(now);
        await EvaluateAsync(Look(NowMs()));
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = NowMs();
        Look(now);
        if (now - sight.BeatMs >= (Options.BeatPeriod + UpkeepPeriod).TotalMilliseconds) await TryBeatAsync(now);
    }

    private async Task TryBeatAsync(long nowMs)
    {
        try
        {
            await BeatAsync(nowMs);
        }
        catch (JournalUnavailableException e)
        {
            LogNoBeat(Partition, e.Message);
        }
    }

    private Task BeatAsync(long nowMs) => beating.IsCompleted ? beating = WriteBeatAsync(nowMs) : beating;

    private async Task WriteBeatAsync(long nowMs)
    {
        sight.Writing(nowMs);
        BlindWindows? saved = null;
        try
        {
            if (sight.Unsaved)
            {
                var save = SaveAsync(CancellationToken.None);
                saved = saving;
                await save;
            }
            else
            {
                await Journal.BeatAsync(Topic.Reports, [Partition], nowMs, CancellationToken.None);
            }
        }
        catch
        {
            sight.NotWritten();
            throw;
        }

        sight.Written(nowMs, NowMs(), saved);
    }

    /// <summary>Notes how far it can see, and tells it: nobody's silence after that instant is known.</summary>
    private long Look(long nowMs)
    {
        var untilMs = reception?.Until(nowMs) ?? nowMs;
        var gap = untilMs - sight.SeenMs;
        if (sight.Look(untilMs)) LogBlind(Partition, TimeSpan.FromMilliseconds(gap));
        return untilMs;
    }

    private async Task<long> BehindAsync()
    {
        try
        {
            return (await Progress().WaitAsync(JournalPatience, Clock)).OldestUnappliedMs is > 0 and var oldest ? Math.Max(1, NowMs() - oldest) : 0;
        }
        catch (Exception e) when (e is JournalUnavailableException or TimeoutException)
        {
            return Math.Max(1, NowMs() - sight.BeatMs);
        }
    }

    [LoggerMessage(1205, LogLevel.Information, "Partition {Partition} was blind for {Gap}: what came due in that time gets an interval more.")]
    private partial void LogBlind(int partition, TimeSpan gap);

    [LoggerMessage(1219, LogLevel.Debug, "Partition {Partition} cannot beat: {Reason}")]
    private partial void LogNoBeat(int partition, string reason);
}
