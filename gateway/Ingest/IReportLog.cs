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
}

/// <summary>The streams of reports, one for each partition.</summary>
internal sealed class ReportStreams(IClusterClient client, IJournal journal, IHostApplicationLifetime lifetime) : IReportLog
{
    private IAsyncStream<JournalRecord>?[]? streams;

    public int Partitions => journal.Partitions is > 0 and var partitions ? partitions : throw new JournalUnavailableException("It is not open yet.");

    public Task AppendAsync(int partition, JournalRecord record)
    {
        if (!lifetime.HasStarted()) throw new JournalUnavailableException("The server is starting.");
        var all = streams ??= new IAsyncStream<JournalRecord>?[Partitions];
        var stream = all[partition] ??= client
            .GetStreamProvider(StreamNames.Provider)
            .GetStream<JournalRecord>(StreamId.Create(StreamNames.Reports, partition.ToString(CultureInfo.InvariantCulture)));
        return stream.OnNextAsync(record);
    }
}
