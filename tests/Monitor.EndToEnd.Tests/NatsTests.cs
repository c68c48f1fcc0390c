using Monitor.Protocol;
using Monitor.Testing;
using Monitor.Testing.Nats;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests;

/// <summary>What go-micro's services publish to a real NATS server, on the built server.</summary>
public sealed class NatsTests
{
    private const int Instances = 20;
    private const int Each = 100;
    private const int KillAfter = 600;

    [Fact]
    public async Task Messages_ThroughAKill_ThoseThatJetStreamTookAreInHistoryOnce()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var nats = await NatsServer.StartAsync(new() { JetStream = true }, cancellation);
        await using var silo = await SiloProcess.StartAsync(Options(nats), cancellation);
        await silo.UntilLoggedAsync(cancellation, "Messages are taken from NATS", "by JetStream");
        await using var publisher = new NatsPublisher(nats);
        var first = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 3000;
        var stored = 0;
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        var publishing = Task.WhenAll(Enumerable.Range(0, Instances).Select(PublishAsync));
        await enough.Task.WaitAsync(TimeSpan.FromSeconds(60), cancellation);
        await silo.KillAsync();
        await publishing;
        await silo.RestartAsync(cancellation);

        // Again, as JetStream brings one whose acknowledgement is lost: told by its content.
        await publisher.StoreAsync(NatsPublisher.HealthCheck, NatsPublisher.Envelope(Check("node-0", first + Each - 1)), cancellation);
        var expected = Enumerable.Range(0, Each).Select(i => first + i).ToArray();
        for (var instance = 0; instance < Instances; instance++)
        {
            var request = new HistoryRequest { Service = "go-server", Id = $"node-{instance}", Limit = 10_000 };
            await Eventually.GetAsync(
                $"all of node-{instance} is in history",
                async ct => (await silo.Queries.HistoryAsync(request, cancellationToken: ct)).Entries.Select(entry => entry.Healthcheck.Timestamp).Distinct().Count(),
                count => count == Each,
                // What was on its way at the kill is delivered again after half a minute.
                TimeSpan.FromSeconds(120),
                cancellation);
        }
        await Eventually.UntilAsync("nothing is left to acknowledge", async ct => await LeftAsync(publisher, ct) == 0, TimeSpan.FromSeconds(120), cancellation);
        for (var instance = 0; instance < Instances; instance++)
        {
            var history = await silo.Queries.HistoryAsync(new() { Service = "go-server", Id = $"node-{instance}", Limit = 10_000 }, cancellationToken: cancellation);
            Assert.Equal(expected, history.Entries.Select(entry => entry.Healthcheck.Timestamp).Order());
        }
        silo.ThrowOnErrors();

        async Task PublishAsync(int instance)
        {
            for (var i = 0; i < Each; i++)
            {
                await publisher.StoreAsync(NatsPublisher.HealthCheck, NatsPublisher.Envelope(Check($"node-{instance}", first + i)), cancellation);
                if (Interlocked.Increment(ref stored) == KillAfter) enough.SetResult();
            }
        }
    }

    [Fact]
    public async Task Messages_ThroughARestartOfNats_AreTakenAndItIsReported()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var nats = await NatsServer.PrepareAsync(new() { JetStream = true }, cancellation);
        await using var silo = await SiloProcess.StartAsync(Options(nats), cancellation);
        await OwnCheckIsAsync(silo, HealthCheck.Types.Status.Error, cancellation);

        await nats.RestartAsync(cancellation);
        await silo.UntilLoggedAsync(cancellation, "Messages are taken from NATS");
        await PublishAndFindAsync("node-1");
        await nats.RestartAsync(cancellation);
        await PublishAndFindAsync("node-2");
        await OwnCheckIsAsync(silo, HealthCheck.Types.Status.Ok, cancellation);

        Assert.Equal(0, await silo.StopAsync());
        silo.ThrowOnErrors();

        async Task PublishAndFindAsync(string instance)
        {
            await using var publisher = new NatsPublisher(nats);
            await publisher.StoreAsync(NatsPublisher.HealthCheck, "nonsense"u8.ToArray(), cancellation);
            await publisher.StoreAsync(NatsPublisher.HealthCheck, NatsPublisher.Envelope(Check(instance, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds())), cancellation);
            await Eventually.UntilAsync(
                $"the check of {instance} is answered",
                async ct => (await silo.Queries.HealthChecksAsync(new() { Id = "go.micro.check" }, cancellationToken: ct)).Healthchecks.Any(check => check.Service.Id == instance),
                TimeSpan.FromSeconds(60),
                cancellation);
        }
    }

    private static async Task<long> LeftAsync(NatsPublisher publisher, CancellationToken cancellationToken)
    {
        var jetStream = new NATS.Client.JetStream.NatsJSContext(publisher.Connection);
        var consumer = (await jetStream.GetConsumerAsync("MONITOR", "go_micro_srv_monitor-healthcheck", cancellationToken)).Info;
        return consumer.NumAckPending + (long)consumer.NumPending;
    }

    private static Task OwnCheckIsAsync(SiloProcess silo, HealthCheck.Types.Status status, CancellationToken cancellationToken) => Eventually.UntilAsync(
        $"monitor.nats is {status}",
        async ct => (await silo.Queries.HealthChecksAsync(new() { Id = "monitor.nats" }, cancellationToken: ct)).Healthchecks.Single().Status == status,
        TimeSpan.FromSeconds(60),
        cancellationToken);

    private static HealthCheck Check(string instance, long timestamp) => new()
    {
        Id = "go.micro.check",
        Timestamp = timestamp,
        Interval = 3600,
        Ttl = 3600,
        Status = HealthCheck.Types.Status.Ok,
        Service = new() { Name = "go-server", Version = "1.0.0", Nodes = { new Node { Id = instance } } },
    };

    private static SiloProcessOptions Options(NatsServer nats) => new()
    {
        Environment = new Dictionary<string, string> { ["Monitor__GoMicro__Nats__Url"] = nats.Url, ["Monitor__Reporter__Interval"] = "00:00:01" },
    };
}
