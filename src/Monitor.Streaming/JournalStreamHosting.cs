using Microsoft.Extensions.DependencyInjection;
using Monitor.Journal;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Streams;

namespace Monitor.Streaming;

/// <summary>Adds the stream provider over the journal. An <see cref="IJournal"/> must be registered and open before the silo or client starts.</summary>
public static class JournalStreamHosting
{
    /// <summary>On a silo: publishes, reads and delivers.</summary>
    public static ISiloBuilder AddJournalStreams(this ISiloBuilder builder, string name, Action<JournalStreamOptions>? configure = null)
    {
        builder.Services.AddOptions<JournalStreamOptions>(name).Configure(configure ?? (_ => { }));
        return builder.AddPersistentStreams(name, JournalAdapter.Create, streams =>
        {
            streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            streams.ConfigurePullingAgent(agent => agent.Configure(o =>
            {
                // A poll waits for an append itself; this is only the pause after one that found nothing.
                o.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(25);
                o.BatchContainerBatchSize = 1; // a batch container is a run of records already

                // Nothing is ever skipped: a consumer that fails is tried again for as long as it takes.
                o.MaxEventDeliveryTime = TimeSpan.FromDays(3650);
                o.StreamInactivityPeriod = TimeSpan.FromDays(3650);
            }));
            streams.ConfigurePartitionBalancing(OwnerQueueBalancer.Create);
        });
    }

    /// <summary>On a client: publishes.</summary>
    public static IClientBuilder AddJournalStreams(this IClientBuilder builder, string name)
    {
        builder.Services.AddOptions<JournalStreamOptions>(name);
        return builder.AddPersistentStreams(name, JournalAdapter.Create, streams => streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly));
    }
}
