using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Monitor.Protocol;
using Monitor.Testing;
using Monitor.Testing.Consul;
using Monitor.Testing.GoMicro;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests;

/// <summary>
/// All that was recorded of the original's clients, sent to the built server with its real journal, and each answer compared with the original's. The recordings of
/// publishers and of the caller are of two runs of the same example: an instance's id, times, and what a process measured of itself are of the run.
/// </summary>
public sealed class RecordedTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // By their timestamps: the answers that were recorded are to the last of each.
    private static readonly string[] Messages = ["pub-status-started", "pub-stats-endpoints", "pub-healthcheck-pong", "pub-healthcheck-ping", "pub-status-running", "pub-stats"];

    [Fact]
    public async Task Recordings_AllOfThem_AreAnsweredAsTheOriginalDid()
    {
        await using var consul = await ConsulAgent.StartAsync(cancellationToken: Cancellation);
        var (broker, rpc) = (Address(), Address());
        await using var silo = await SiloProcess.StartAsync(Options(consul, broker, rpc), Cancellation);
        Assert.Equal(Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "GoMicro", "Recorded"), "pub-*.http").Length, Messages.Length);

        foreach (var message in Messages) await PublishAsync(message, consul, broker);
        await AppliedAsync(silo);

        Assert.Equal(9, RecordedCall.All.Count);
        foreach (var call in RecordedCall.All)
        {
            var answer = call.Name == "rpc-05-Monitor.Status" ? await RunningAsync(call, consul, broker, rpc) : await call.Request.SendAsync(rpc);
            Assert.Empty(call.HeadDifferences(answer).Select(difference => $"{call.Name}: {difference}"));
            var (recordedHead, recordedBody) = RecordedCall.Frames(call.Response.Body);
            var (head, body) = RecordedCall.Frames(answer.Body);
            Assert.Equal(recordedHead, head);
            Assert.Equal(RunOf(call.Answer(recordedBody)), RunOf(call.Answer(body)));
            if (call.Answer(body) is StatsResponse { Stats: [var stats] }) AssertAsPublished(stats);
        }

        silo.ThrowOnErrors();
    }

    // With its interval of a second RUNNING is UNKNOWN a second later, so it goes on as the original's client did, until it is asked for in time.
    private static Task<RawHttp> RunningAsync(RecordedCall call, ConsulAgent consul, Uri broker, Uri rpc) => Eventually.GetAsync(
        "RUNNING is answered",
        async _ =>
        {
            await PublishAsync("pub-status-running", consul, broker);
            return await call.Request.SendAsync(rpc);
        },
        answer => call.Answer(RecordedCall.Frames(answer.Body).Body) is StatusResponse statuses
            && statuses.Statuses.Any(status => status is { Service.Name: "go-server", Status_: Status.Types.Status.Running }));

    private static Uri Address() => new($"http://127.0.0.1:{Ports.Free()}");

    private static SiloProcessOptions Options(ConsulAgent consul, Uri broker, Uri rpc) => new()
    {
        Environment = new Dictionary<string, string>
        {
            ["Consul__Addresses__0"] = consul.Address.ToString(),
            ["Monitor__GoMicro__Enabled"] = "true",
            ["Monitor__GoMicro__Broker"] = broker.GetLeftPart(UriPartial.Authority),
            ["Monitor__GoMicro__Rpc"] = rpc.GetLeftPart(UriPartial.Authority),
        },
    };

    // As it was recorded, but for the subscription's id, which is the server's own, and the timestamp: with a ttl of an hour it would have expired.
    private static async Task PublishAsync(string name, ConsulAgent consul, Uri broker)
    {
        var recorded = RawHttp.Recorded($"{name}.http");
        var envelope = JsonNode.Parse(recorded.Body)!;
        var topic = (string)envelope["Header"]![":topic"]!;
        envelope["Body"] = Convert.ToBase64String(Now(Convert.FromBase64String((string)envelope["Body"]!), topic));
        var body = Encoding.UTF8.GetBytes(envelope.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        Assert.Equal(recorded.Body.Length, body.Length);
        using var registry = new GoMicroRegistry(consul.Address);
        var subscriber = (await Eventually.GetAsync($"a subscriber of {topic} is found", ct => registry.GetServiceAsync($"topic:{topic}", ct), static nodes => nodes.Count == 1)).Single();

        var answer = await (recorded with { FirstLine = $"POST /_sub?id={subscriber.Id} HTTP/1.1", Body = body }).SendAsync(broker);

        Assert.Equal(("HTTP/1.1 200 OK", 0), (answer.FirstLine, answer.Body.Length));
    }

    private static byte[] Now(byte[] message, string topic)
    {
        IMessage report = topic switch
        {
            "micro.monitor.healthcheck" => HealthCheck.Parser.ParseFrom(message),
            "micro.monitor.status" => Status.Parser.ParseFrom(message),
            _ => Stats.Parser.ParseFrom(message),
        };
        var recorded = (long)report.Descriptor.FindFieldByName("timestamp").Accessor.GetValue(report);
        // What was between them stays, and so does every other byte: Go writes what a parser and a writer would not keep, as the empty value of a map.
        var (from, to) = (Varint(recorded), Varint(recorded - Newest + TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        var at = message.AsSpan().IndexOf(from);
        Assert.Equal(at, message.AsSpan().LastIndexOf(from));
        return [.. message[..at], .. to, .. message[(at + from.Length)..]];
    }

    private static byte[] Varint(long value)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true)) output.WriteInt64(value);
        return bytes.ToArray();
    }

    private static long Newest { get; } = Published().Timestamp;

    private static Stats Published() => Stats.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "GoMicro", "Recorded", "pub-stats.pb")));

    private static async Task AppliedAsync(SiloProcess silo) => await Eventually.GetAsync(
        "what was published is applied",
        async ct =>
        {
            var checks = await silo.Queries.HealthChecksAsync(new() { Service = "go-server" }, cancellationToken: ct);
            var stats = await silo.Queries.StatsAsync(new() { Service = "go-server" }, cancellationToken: ct);
            return (Checks: checks.Healthchecks.Count, Endpoints: stats.Stats.SingleOrDefault()?.Endpoints.Count);
        },
        static applied => applied == (2, 0));

    // Without what is of the run.
    private static IMessage RunOf(IMessage answer)
    {
        foreach (var service in Services(answer)) foreach (var node in service.Nodes) node.Id = "node";
        switch (answer)
        {
            case ServicesResponse services when services.Services.SingleOrDefault(service => service.Name == "go.micro.srv.monitor") is { } itself:
                // Ours reports itself: docs/migrating.md.
                services.Services.Remove(itself);
                break;
            case HealthChecksResponse checks:
                foreach (var check in checks.Healthchecks) check.Timestamp = 0;
                break;
            case StatusResponse statuses:
                foreach (var own in statuses.Statuses.Where(status => status.Service.Name == "go.micro.srv.monitor").ToList()) statuses.Statuses.Remove(own);
                foreach (var status in statuses.Statuses) status.Timestamp = 0;
                break;
            case StatsResponse all:
                foreach (var stats in all.Stats)
                {
                    stats.Timestamp = 0;
                    if (stats.Cpu is not null) stats.Cpu = new();
                    if (stats.Memory is not null) stats.Memory = new();
                    if (stats.Runtime is not null) stats.Runtime = new();
                }
                break;
        }

        return answer;
    }

    private static IEnumerable<Service> Services(IMessage answer) => answer switch
    {
        HealthChecksResponse checks => checks.Healthchecks.Select(check => check.Service),
        ServicesResponse services => services.Services,
        StatusResponse statuses => statuses.Statuses.Select(status => status.Service),
        StatsResponse stats => stats.Stats.Select(one => one.Service),
        _ => [],
    };

    private static void AssertAsPublished(Stats answered)
    {
        var published = Published();
        Assert.Equal((published.Cpu, published.Memory, published.Disk, published.Runtime), (answered.Cpu, answered.Memory, answered.Disk, answered.Runtime));
    }
}
