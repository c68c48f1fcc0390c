using Google.Protobuf;
using Monitor.Gateway.GoMicro;
using Monitor.Gateway.GoMicro.Nats;
using Monitor.Journal;
using Monitor.Testing;
using Monitor.Testing.Nats;
using NATS.Client.Core;

namespace Monitor.Gateway.Tests.GoMicro.Nats;

/// <summary>Messages of a real NATS server without JetStream.</summary>
public sealed class CoreNatsTests
{
    [Fact]
    public async Task Messages_OfEveryTopic_AreTaken()
    {
        await using var nats = await NatsServer.StartAsync();
        await using var gateway = await NatsGateway.StartAsync(nats);
        await using var publisher = new NatsPublisher(nats);
        var check = NatsGateway.Check("one");

        Assert.Equal("", await publisher.RequestAsync(NatsPublisher.HealthCheck, NatsPublisher.Envelope(check)));
        Assert.Equal("", await publisher.RequestAsync(NatsPublisher.Status, NatsPublisher.Envelope(new Protocol.Status
        {
            Service = check.Service, Timestamp = check.Timestamp, Interval = 60, Ttl = 3600, Status_ = Protocol.Status.Types.Status.Running,
        })));
        Assert.Equal("", await publisher.RequestAsync(NatsPublisher.Stats, NatsPublisher.Envelope(new Protocol.Stats { Service = check.Service, Timestamp = check.Timestamp, Interval = 60, Ttl = 3600 })));

        Assert.Equal(
            [(true, false, false), (false, true, false), (false, false, true)],
            gateway.Gateway.Log.Payloads.Select(payload => payload.Reports.Single()).Select(report => (report.Healthcheck is not null, report.Status is not null, report.Stats is not null)));
        await gateway.CountedAsync(accepted: 3);
        await gateway.LoggedAsync("Information 2051");
    }

    [Fact]
    public async Task Messages_AsLaterVersionsMaySendThem_AreTaken()
    {
        await using var nats = await NatsServer.StartAsync();
        await using var gateway = await NatsGateway.StartAsync(nats);
        await using var publisher = new NatsPublisher(nats);
        await publisher.RequestAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("ready"));

        await publisher.PublishAsync(NatsPublisher.HealthCheck, NatsGateway.Check("bare").ToByteArray(), new() { ["Content-Type"] = "application/protobuf" });
        await publisher.PublishAsync(
            NatsPublisher.HealthCheck,
            System.Text.Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(NatsGateway.Check("json"))),
            new() { ["Micro-Topic"] = NatsPublisher.HealthCheck, ["Content-Type"] = "application/json" });
        await publisher.PublishAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("enveloped"), new() { ["Content-Type"] = "application/json" });

        await gateway.TakenAsync("ready", "bare", "json", "enveloped");
    }

    [Fact]
    public async Task Request_ThatCannotBeTaken_IsAnsweredWithTheError()
    {
        await using var nats = await NatsServer.StartAsync();
        await using var gateway = await NatsGateway.StartAsync(nats);
        await using var publisher = new NatsPublisher(nats);

        Assert.Contains("\"code\":500,\"detail\":\"Error parsing message: ", await publisher.RequestAsync(NatsPublisher.HealthCheck, "nonsense"u8.ToArray()), StringComparison.Ordinal);
        gateway.Gateway.Log.Failure = new JournalUnavailableException("The disk is full.");
        Assert.Contains("\"code\":503,\"detail\":\"The journal is unavailable: ", await publisher.RequestAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("one")), StringComparison.Ordinal);
        gateway.Gateway.Log.Failure = null;
        Assert.Equal("", await publisher.RequestAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("two")));

        await gateway.CountedAsync(accepted: 1, refused: 1, failed: 1);
    }

    [Fact]
    public async Task Messages_JetStreamIsThereAndOff_AreTakenWithoutIt()
    {
        await using var nats = await NatsServer.StartAsync(new() { JetStream = true });
        await using var gateway = await NatsGateway.StartAsync(nats, options => options.JetStream = JetStreamMode.Off);
        await using var publisher = new NatsPublisher(nats);
        await publisher.RequestAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("one"));
        await gateway.TakenAsync("one");
    }

    [Fact]
    public async Task Messages_MoreThanTheJournalTakes_AreBoundedAndCounted()
    {
        const int Sent = 40_000;
        await using var nats = await NatsServer.StartAsync();
        await using var gateway = await NatsGateway.StartAsync(nats);
        await using var publisher = new NatsPublisher(nats);
        await publisher.RequestAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("ready"));
        gateway.Gateway.Log.Hold = true;

        var envelope = NatsGateway.Envelope("one");
        for (var i = 0; i < Sent; i++) await publisher.PublishAsync(NatsPublisher.HealthCheck, envelope);
        await publisher.Connection.PingAsync();
        await gateway.LoggedAsync("Warning 2057", NatsPublisher.HealthCheck);
        // The window, what waits in the client, and what is between.
        const int Kept = 4096 + 16_384;
        await Eventually.GetAsync("the rest is counted", _ => Task.FromResult(gateway.Count(WireOutcome.Failed)), failed => failed is > Sent - Kept - 500 and < Sent - 4096);
        Assert.InRange(gateway.Taken.Count, 4096, 4200);
        for (var i = 1; i < gateway.Gateway.Log.Records.Count; i++) gateway.Gateway.Log.Complete(i);
        gateway.Gateway.Log.Hold = false;
        await Eventually.UntilAsync("the next is taken", async ct => await publisher.RequestAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("next"), ct) == "");
    }
}
