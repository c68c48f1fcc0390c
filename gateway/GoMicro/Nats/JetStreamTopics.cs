using Microsoft.Extensions.Options;
using Monitor.Gateway.GoMicro.Broker;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace Monitor.Gateway.GoMicro.Nats;

/// <summary>Sees to it that JetStream keeps the topics, and remembers what of them this cluster has taken.</summary>
internal sealed partial class JetStreamTopics(IOptions<GoMicroNatsOptions> options, ILogger<JetStreamTopics> logger)
{
    /// <summary>After this long without an answer a message is delivered again: longer than the journal is waited for.</summary>
    public static readonly TimeSpan AckWait = TimeSpan.FromSeconds(30);

    private const int NotFound = 404;

    /// <summary>Of all gateways of the queue together, and of each topic.</summary>
    private const int MaxAckPending = 4096;

    /// <summary>A consumer for each topic: each filters one subject, as servers before 2.10 can filter no more, and topics may be in different streams.</summary>
    /// <exception cref="NATS.Client.Core.NatsException">The server does not do it.</exception>
    public async Task<IReadOnlyList<INatsJSConsumer>> EnsureAsync(INatsJSContext jetStream, NatsQueue queue, CancellationToken cancellationToken)
    {
        var streams = new string?[Subscriptions.All.Count];
        for (var i = 0; i < streams.Length; i++) streams[i] = await FindAsync(jetStream, Subscriptions.All[i].Topic, cancellationToken);
        if (streams.Contains(null))
            await HoldAsync(jetStream, [.. Subscriptions.All.Where((_, i) => streams[i] is null).Select(one => one.Topic)], cancellationToken);
        var consumers = new List<INatsJSConsumer>();
        foreach (var (stream, subscription) in streams.Zip(Subscriptions.All))
            consumers.Add(await jetStream.CreateOrUpdateConsumerAsync(stream ?? options.Value.Stream, Consumer(queue, subscription), cancellationToken));
        return consumers;
    }

    private static async Task<string?> FindAsync(INatsJSContext jetStream, string topic, CancellationToken cancellationToken)
    {
        await foreach (var name in jetStream.ListStreamNamesAsync(topic, cancellationToken)) return name;
        return null;
    }

    private async Task HoldAsync(INatsJSContext jetStream, string[] topics, CancellationToken cancellationToken)
    {
        try
        {
            // Ours, from a time when another stream held some of the topics.
            var config = (await jetStream.GetStreamAsync(options.Value.Stream, cancellationToken: cancellationToken)).Info.Config;
            config.Subjects = [.. (config.Subjects ?? []).Union(topics)];
            await jetStream.UpdateStreamAsync(config, cancellationToken);
            return;
        }
        catch (NatsJSApiException missing) when (missing.Error.Code == NotFound)
        {
            // It is made.
        }
        await jetStream.CreateStreamAsync(
            new StreamConfig(options.Value.Stream, topics)
            {
                Description = "Reports of go-micro services, until Monitor has taken them",
                Storage = StreamConfigStorage.File,
                // All of it is kept for its time, rather than until it is taken: another cluster, or who looks into it, has it too.
                Retention = StreamConfigRetention.Limits,
                Discard = StreamConfigDiscard.Old,
                MaxAge = options.Value.StreamMaxAge,
                MaxBytes = options.Value.StreamMaxBytes,
            },
            cancellationToken);
        LogMade(options.Value.Stream, string.Join(", ", topics));
    }

    private static ConsumerConfig Consumer(NatsQueue queue, Subscription subscription) => new($"{queue.Durable}-{subscription.Kind.ToString().ToLowerInvariant()}")
    {
        FilterSubject = subscription.Topic,
        DeliverPolicy = ConsumerConfigDeliverPolicy.All,
        AckPolicy = ConsumerConfigAckPolicy.Explicit,
        AckWait = AckWait,
        MaxAckPending = MaxAckPending,
        // For ever: what cannot be taken at present is not to be lost by that.
        MaxDeliver = -1,
        // A gateway of its own may never come back.
        InactiveThreshold = queue.Group is null ? TimeSpan.FromHours(1) : TimeSpan.Zero,
    };
}
