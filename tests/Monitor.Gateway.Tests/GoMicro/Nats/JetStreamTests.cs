using System.Globalization;
using Monitor.Gateway.GoMicro.Nats;
using Monitor.Journal;
using Monitor.Testing;
using Monitor.Testing.Nats;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace Monitor.Gateway.Tests.GoMicro.Nats;

/// <summary>Messages that a real JetStream keeps.</summary>
public sealed class JetStreamTests
{
    private static readonly NatsServerOptions JetStream = new() { JetStream = true };

    [Fact]
    public async Task Message_IsInTheJournal_IsAcknowledged()
    {
        await using var nats = await NatsServer.StartAsync(JetStream);
        await using var gateway = await NatsGateway.StartAsync(nats);
        await using var publisher = new NatsPublisher(nats);

        await publisher.StoreAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("one"));

        await gateway.TakenAsync("one");
        await gateway.CountedAsync(accepted: 1);
        await AcknowledgedAsync(publisher, "MONITOR", "the-queue-healthcheck");
        Assert.Contains(gateway.Log, line => line.StartsWith("Information 2050:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Message_BeforeTheGatewayStarted_IsTaken()
    {
        await using var nats = await NatsServer.StartAsync(JetStream);
        await using var publisher = new NatsPublisher(nats);
        await (await NatsGateway.StartAsync(nats)).DisposeAsync();
        await publisher.StoreAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("meanwhile"));

        await using var gateway = await NatsGateway.StartAsync(nats);

        await gateway.TakenAsync("meanwhile");
    }

    [Fact]
    public async Task Message_IsNotDurableYet_IsNotAcknowledged()
    {
        await using var nats = await NatsServer.StartAsync(JetStream);
        await using var gateway = await NatsGateway.StartAsync(nats);
        await using var publisher = new NatsPublisher(nats);
        gateway.Gateway.Log.Hold = true;

        await publisher.StoreAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("one"));
        await publisher.StoreAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("two"));
        await gateway.Gateway.Log.ReachedAsync(2);

        // Both are on their way at once, so that one write may hold both, and neither is acknowledged.
        Assert.Equal(["one", "two"], gateway.Taken);
        Assert.Equal(2, (await ConsumerAsync(publisher, "MONITOR", "the-queue-healthcheck")).NumAckPending);
        gateway.Gateway.Log.Complete(0);
        gateway.Gateway.Log.Complete(1);
        await AcknowledgedAsync(publisher, "MONITOR", "the-queue-healthcheck");
    }

    [Fact]
    public async Task Message_JournalRefuses_IsDeliveredAgainAndAcceptedLater()
    {
        await using var nats = await NatsServer.StartAsync(JetStream);
        await using var gateway = await NatsGateway.StartAsync(nats);
        await using var publisher = new NatsPublisher(nats);
        gateway.Gateway.Log.Failure = new JournalUnavailableException("The disk is full.");

        for (var i = 0; i < 20; i++) await publisher.StoreAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope($"check-{i}"));
        await gateway.LoggedAsync("Warning 2001", "The disk is full.");
        Assert.Empty(gateway.Taken);
        gateway.Gateway.Log.Failure = null;

        await gateway.TakenAsync([.. Enumerable.Range(0, 20).Select(i => $"check-{i}")]);
        await AcknowledgedAsync(publisher, "MONITOR", "the-queue-healthcheck");
    }

    [Fact]
    public async Task Messages_SomeOfThemBad_AreRefusedOnceAndTheNextIsTaken()
    {
        await using var nats = await NatsServer.StartAsync(JetStream with { MaxPayload = 8 * 1024 * 1024 });
        await using var gateway = await NatsGateway.StartAsync(nats);
        await using var publisher = new NatsPublisher(nats);
        byte[][] bad =
        [
            [],
            "nonsense"u8.ToArray(),
            "{\"Header\":{\"Content-Type\":\"application/octet-stream\"},\"Body\":\"not base64!\"}"u8.ToArray(),
            "{\"Header\":{\":topic\":\"micro.monitor.nope\"},\"Body\":\"\"}"u8.ToArray(),
            "{\"Header\":{\"Content-Type\":\"text/html\"},\"Body\":\"\"}"u8.ToArray(),
            NatsPublisher.Envelope(new Protocol.HealthCheck { Id = "without-a-service" }),
            new byte[7 * 1024 * 1024],
        ];

        foreach (var one in bad) await publisher.StoreAsync(NatsPublisher.HealthCheck, one);
        await publisher.StoreAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("good"));

        await gateway.TakenAsync("good");
        await gateway.CountedAsync(accepted: 1, refused: bad.Length);
        await AcknowledgedAsync(publisher, "MONITOR", "the-queue-healthcheck");
        await gateway.LoggedAsync("Debug 2030", "micro.monitor.nope");
        await gateway.LoggedAsync("Debug 2030", "The message has 7340032 bytes; at most");
        Assert.DoesNotContain(gateway.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("the-queue", 1)]
    [InlineData("", 2)]
    public async Task Messages_TwoGateways_EachGoesToOneOfAQueueAndToAllWithout(string queue, int copies)
    {
        await using var nats = await NatsServer.StartAsync(JetStream);
        await using var first = await NatsGateway.StartAsync(nats, queue: queue);
        await using var second = await NatsGateway.StartAsync(nats, queue: queue);
        await using var publisher = new NatsPublisher(nats);

        var ids = Enumerable.Range(0, 100).Select(i => $"check-{i:000}").ToArray();
        foreach (var id in ids) await publisher.StoreAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope(id));

        await Eventually.UntilAsync("all are in the journals", () => first.Taken.Count + second.Taken.Count >= ids.Length * copies);
        Assert.Equal(ids.SelectMany(id => Enumerable.Repeat(id, copies)), first.Taken.Concat(second.Taken).Order());
    }

    [Fact]
    public async Task Topics_OfAStreamThatIsThere_AreTakenFromIt()
    {
        await using var nats = await NatsServer.StartAsync(JetStream);
        await using var publisher = new NatsPublisher(nats);
        var jetStream = new NatsJSContext(publisher.Connection);
        await jetStream.CreateStreamAsync(new("OTHERS", ["orders", "micro.monitor.healthcheck"]));
        await publisher.StoreAsync("orders", "of others"u8.ToArray());

        await using var gateway = await NatsGateway.StartAsync(nats, options => options.Stream = "OURS", queue: "a queue.of_2");

        await publisher.StoreAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("one"));
        await gateway.TakenAsync("one");
        var streams = new List<string>();
        await foreach (var stream in jetStream.ListStreamsAsync()) streams.Add($"{stream.Info.Config.Name}: {string.Join(' ', stream.Info.Config.Subjects!)}");
        Assert.Equal(["OTHERS: orders micro.monitor.healthcheck", "OURS: micro.monitor.status micro.monitor.stats"], streams.Order());
        await gateway.CountedAsync(accepted: 1);
    }

    [Fact]
    public async Task Stream_IsDeletedMeanwhile_IsMadeAgain()
    {
        await using var nats = await NatsServer.StartAsync(JetStream);
        await using var gateway = await NatsGateway.StartAsync(nats);
        await using var publisher = new NatsPublisher(nats);

        await new NatsJSContext(publisher.Connection).DeleteStreamAsync("MONITOR");
        await Eventually.UntilAsync("the consumer is there again", async _ => (await ConsumerAsync(publisher, "MONITOR", "the-queue-healthcheck")).NumAckPending == 0);

        await publisher.StoreAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("one"));
        await gateway.TakenAsync("one");
    }

    [Fact]
    public async Task Stop_MessagesAreOnTheirWay_FinishesThemAndLeavesTheRest()
    {
        await using var nats = await NatsServer.StartAsync(JetStream);
        var gateway = await NatsGateway.StartAsync(nats);
        await using var publisher = new NatsPublisher(nats);
        gateway.Gateway.Log.Hold = true;
        await publisher.StoreAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("one"));
        await gateway.Gateway.Log.ReachedAsync(1);

        var stop = gateway.Gateway.StopAsync();
        await publisher.StoreAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("two"));
        gateway.Gateway.Log.Complete(0);
        await stop;

        await using var next = await NatsGateway.StartAsync(nats);
        await next.TakenAsync("two");
        Assert.Equal(["one"], gateway.Taken);
        await gateway.Gateway.DisposeAsync();
    }

    private static async Task AcknowledgedAsync(NatsPublisher publisher, string stream, string consumer) => await Eventually.GetAsync(
        "all are acknowledged",
        async _ => await ConsumerAsync(publisher, stream, consumer) is var info ? string.Create(CultureInfo.InvariantCulture, $"{info.NumAckPending} {info.NumPending}") : "",
        left => left == "0 0");

    private static async Task<ConsumerInfo> ConsumerAsync(NatsPublisher publisher, string stream, string consumer) =>
        (await new NatsJSContext(publisher.Connection).GetConsumerAsync(stream, consumer)).Info;
}
