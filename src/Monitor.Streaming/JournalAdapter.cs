using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Monitor.Journal;
using Orleans.Configuration;
using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams;

namespace Monitor.Streaming;

/// <summary>
/// Appends what is published to the journal, and makes the receivers that read it back. A publish completes when its records are durable.
/// </summary>
internal sealed class JournalAdapter(
    string name, IJournal journal, JournalStreamOptions options, TimeProvider clock, ILoggerFactory loggers) : IQueueAdapter, IQueueAdapterFactory, IQueueAdapterCache
{
    private readonly JournalStreams streams = new(name, journal.Partitions);
    private readonly ConcurrentDictionary<QueueId, JournalQueue> queues = [];

    public string Name => name;

    public bool IsRewindable => true;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    public static IQueueAdapterFactory Create(IServiceProvider services, string name) => new JournalAdapter(
        name,
        services.GetRequiredService<IJournal>(),
        services.GetRequiredService<IOptionsMonitor<JournalStreamOptions>>().Get(name),
        services.GetService<TimeProvider>() ?? TimeProvider.System,
        services.GetRequiredService<ILoggerFactory>());

    public Task QueueMessageBatchAsync<T>(StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext)
    {
        if (token is not null) throw new ArgumentException("The journal assigns the sequence; a publish gives none.", nameof(token));
        if (events is not IEnumerable<JournalRecord> records)
            throw new ArgumentException($"Streams of the journal take JournalRecord, not {typeof(T).Name}.", nameof(events));
        var (topic, partition) = streams.PartOf(streamId);
        return journal.AppendAsync(topic, partition, records as IReadOnlyList<JournalRecord> ?? [.. records], CancellationToken.None).AsTask();
    }

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => QueueOf(queueId);

    public IQueueCache CreateQueueCache(QueueId queueId)
    {
        // The agent makes the cache first: a new agent for the queue starts with a new one.
        queues.TryRemove(queueId, out _);
        return QueueOf(queueId);
    }

    public Task<IQueueAdapter> CreateAdapter(CancellationToken cancellationToken) => Task.FromResult<IQueueAdapter>(this);

    Task<IQueueAdapter> IQueueAdapterFactory.CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    public IQueueAdapterCache GetQueueAdapterCache() => this;

    public IStreamQueueMapper GetStreamQueueMapper() => streams;

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) => Task.FromResult<IStreamFailureHandler>(new NoOpStreamDeliveryFailureHandler(false));

    private JournalQueue QueueOf(QueueId queueId) => queues.GetOrAdd(queueId, id =>
    {
        var (topic, partition) = streams.PartOf(id);
        return new JournalQueue(journal, topic, partition, options, clock, loggers.CreateLogger<JournalQueue>());
    });
}
