using System.Collections.Concurrent;
using System.Globalization;
using Monitor.Journal;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace Monitor.Streaming.Tests;

/// <summary>What the consumers of a test have taken, and how they behave. Outlives their activations and the silo.</summary>
internal sealed class Recorder
{
    private readonly ConcurrentDictionary<int, List<JournalRecord>> taken = [];

    /// <summary>Called with a run before it is taken; may throw or wait.</summary>
    public Func<int, IReadOnlyList<JournalRecord>, Task> Taking { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>From after which sequence an activation takes what comes; null: whatever comes.</summary>
    public Func<int, long?> Resume { get; set; } = _ => null;

    public bool DeactivatesWhenItFails { get; set; }

    /// <summary>Runs offered, taken or not.</summary>
    public ConcurrentQueue<(int Partition, long First, long Last)> Offered { get; } = [];

    public int Activations;

    public void Take(int partition, IReadOnlyList<JournalRecord> run)
    {
        var list = taken.GetOrAdd(partition, _ => []);
        lock (list) list.AddRange(run);
    }

    public IReadOnlyList<JournalRecord> Of(int partition)
    {
        var list = taken.GetOrAdd(partition, _ => []);
        lock (list) return [.. list];
    }

    public long LastOf(int partition) => Of(partition).Select(r => r.Sequence).DefaultIfEmpty().Max();
}

internal interface IRecorderGrain : IGrainWithStringKey
{
    Task DeactivateAsync();
}

/// <summary>Consumes a partition of the reports for a test's <see cref="Recorder"/>.</summary>
[ImplicitStreamSubscription("reports")]
internal sealed class RecorderGrain(Recorder recorder) : Grain, IRecorderGrain, IAsyncObserver<IReadOnlyList<JournalRecord>>, IStreamSubscriptionObserver
{
    private int Partition => int.Parse(this.GetPrimaryKeyString(), CultureInfo.InvariantCulture);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref recorder.Activations);
        return Task.CompletedTask;
    }

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<IReadOnlyList<JournalRecord>>()
        .ResumeAsync(this, recorder.Resume(Partition) is { } after ? new EventSequenceTokenV2(after) : null);

    public async Task OnNextAsync(IReadOnlyList<JournalRecord> item, StreamSequenceToken? token = null)
    {
        recorder.Offered.Enqueue((Partition, item[0].Sequence, item[^1].Sequence));
        try
        {
            await recorder.Taking(Partition, item);
        }
        catch (InvalidOperationException) when (recorder.DeactivatesWhenItFails)
        {
            DeactivateOnIdle();
            throw;
        }

        recorder.Take(Partition, item);
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    public Task DeactivateAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
