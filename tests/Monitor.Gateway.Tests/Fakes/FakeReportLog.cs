using System.Runtime.CompilerServices;
using Monitor.Gateway.Ingest;
using Monitor.Journal;
using Monitor.Protocol;

namespace Monitor.Gateway.Tests.Fakes;

/// <summary>Keeps what is appended; appends are durable at once, or when the test says so.</summary>
internal sealed class FakeReportLog : IReportLog
{
    private readonly Lock gate = new();
    private readonly List<(int Partition, JournalRecord Record, TaskCompletionSource Done)> appends = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> waiting = [];

    public int Partitions => FakeCluster.Partitions;

    /// <summary>Appends wait for <see cref="Complete"/>.</summary>
    public bool Hold { get; set; }

    public Exception? Failure { get; set; }

    public IReadOnlyList<JournalRecord> Records
    {
        get
        {
            lock (gate) return [.. appends.Select(append => append.Record)];
        }
    }

    public IReadOnlyList<PublishRequest> Payloads => [.. Records.Select(record => PublishRequest.Parser.ParseFrom(record.Payload))];

    public Task AppendAsync(int partition, JournalRecord record)
    {
        if (Failure is { } failure) return Task.FromException(failure);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            appends.Add((partition, record, done));
            SetSequence(record, appends.Count);
            if (!Hold) done.SetResult();
            foreach (var (_, reached) in waiting.Where(one => one.Count <= appends.Count)) reached.TrySetResult();
        }
        return done.Task;
    }

    /// <summary>Why nothing can be appended, where set.</summary>
    public string? Fault { get; set; }

    public ValueTask<string?> ProbeAsync(CancellationToken cancellationToken) => new(Fault);

    public Task LatestOf(int partition)
    {
        lock (gate) return appends.LastOrDefault(append => append.Partition == partition).Done?.Task ?? Task.CompletedTask;
    }

    public void Complete(int append, Exception? failure = null)
    {
        if (failure is null) appends[append].Done.SetResult();
        else appends[append].Done.SetException(failure);
    }

    /// <summary>Completes once so many appends have begun.</summary>
    public async Task ReachedAsync(int count)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            waiting.Add((count, reached));
            if (appends.Count >= count) reached.SetResult();
        }
        try
        {
            await reached.Task.WaitAsync(TimeSpan.FromSeconds(20));
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Waited for {count} appends; there are {Records.Count}.");
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_Sequence")]
    private static extern void SetSequence(JournalRecord record, long sequence);
}
