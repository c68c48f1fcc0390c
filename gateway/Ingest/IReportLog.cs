using System.Globalization;
using Monitor.Grains.Abstractions;
using Monitor.Journal;
using Orleans.Streams;

namespace Monitor.Gateway.Ingest;

/// <summary>Where reports go: the boundary to the journal.</summary>
internal interface IReportLog
{
    /// <summary>Number of partitions.</summary>
    int Partitions { get; }

    /// <summary>Completes when the record is durable; its sequence is then set.</summary>
    Task AppendAsync(int partition, JournalRecord record);

    /// <summary>The latest append to a partition: those before it end no later. Completed where there was none.</summary>
    Task LatestOf(int partition);

    /// <summary>Tries whether reports can be appended, unless that is known: null, or why not.</summary>
    ValueTask<string?> ProbeAsync(CancellationToken cancellationToken);
}

/// <summary>The streams of reports, one for each partition.</summary>
internal sealed class ReportStreams(IClusterClient client, IJournal journal, IHostApplicationLifetime lifetime) : IReportLog
{
    private IAsyncStream<JournalRecord>?[]? streams;
    private Task?[]? latest;

    public int Partitions => journal.Partitions is > 0 and var partitions ? partitions : throw new JournalUnavailableException("It is not open yet.");

    public Task AppendAsync(int partition, JournalRecord record)
    {
        if (!lifetime.HasStarted()) throw new JournalUnavailableException("The server is starting.");
        var all = streams ??= new IAsyncStream<JournalRecord>?[Partitions];
        var stream = all[partition] ??= client
            .GetStreamProvider(StreamNames.Provider)
            .GetStream<JournalRecord>(StreamId.Create(StreamNames.Reports, partition.ToString(CultureInfo.InvariantCulture)));
        var appended = stream.OnNextAsync(record);
        (latest ?? Remember())[partition] = appended;
        return appended;
    }

    // The first appends may come at once, and are to be remembered in one place.
    private Task?[] Remember() => Interlocked.CompareExchange(ref latest, new Task?[Partitions], null) ?? latest;

    public ValueTask<string?> ProbeAsync(CancellationToken cancellationToken) => journal.ProbeAsync(cancellationToken);

    public Task LatestOf(int partition) => latest?[partition] ?? Task.CompletedTask;
}
