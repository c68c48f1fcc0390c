using Google.Protobuf;
using Monitor.Gateway.Tests.Fakes;
using Monitor.Protocol;
using Monitor.Testing.GoMicro;

namespace Monitor.Gateway.Tests.GoMicro;

/// <summary>Requests of the original's clients, byte for byte as they were recorded, and what the original answered.</summary>
public sealed class RecordedTests
{
    [Theory]
    [InlineData("pub-healthcheck-ping", "micro.monitor.healthcheck")]
    [InlineData("pub-healthcheck-pong", "micro.monitor.healthcheck")]
    [InlineData("pub-status-started", "micro.monitor.status")]
    [InlineData("pub-status-running", "micro.monitor.status")]
    [InlineData("pub-stats", "micro.monitor.stats")]
    [InlineData("pub-stats-endpoints", "micro.monitor.stats")]
    public async Task Publish_IsTakenAsItIs(string name, string topic)
    {
        await using var gateway = await GoMicroGateway.StartAsync();
        var recorded = RawHttp.Recorded($"{name}.http");

        // The id is the one thing that is ours.
        var answer = await (recorded with { FirstLine = $"POST /_sub?id={gateway.SubscriptionOf(topic)} HTTP/1.1" }).SendAsync(gateway.Broker);

        Assert.Equal("HTTP/1.1 200 OK", answer.FirstLine);
        Assert.Empty(answer.Body);
        var report = Assert.Single(Assert.Single(gateway.Log.Payloads).Reports);
        IMessage taken = topic switch { "micro.monitor.healthcheck" => report.Healthcheck, "micro.monitor.status" => report.Status, _ => report.Stats };
        var sent = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "GoMicro", "Recorded", $"{name}.pb"));
        Assert.Equal(taken.Descriptor.Parser.ParseFrom(sent), taken);
        Assert.Equal(0UL, report.Sequence);
    }

    [Theory]
    [InlineData("rpc-01-Monitor.HealthChecks")]
    [InlineData("rpc-02-Monitor.HealthChecks")]
    [InlineData("rpc-03-Monitor.HealthChecks")]
    [InlineData("rpc-04-Monitor.Services")]
    [InlineData("rpc-05-Monitor.Status")]
    [InlineData("rpc-06-Monitor.Status")]
    [InlineData("rpc-07-Monitor.Stats")]
    [InlineData("rpc-08-Monitor.Nope")]
    [InlineData("rpc-09-Nope.Nope")]
    public async Task Call_IsAnsweredAsTheOriginalDid(string name)
    {
        await using var gateway = await GoMicroGateway.StartAsync(AddWhatTheOriginalHad);
        var recorded = new RecordedCall(name);

        var answer = await recorded.Request.SendAsync(gateway.Rpc);

        Assert.Empty(recorded.HeadDifferences(answer));
        var (expectedHead, expectedBody) = RecordedCall.Frames(recorded.Response.Body);
        var (head, body) = RecordedCall.Frames(answer.Body);
        Assert.Equal(expectedHead, head);
        Assert.Equal(recorded.Answer(expectedBody), recorded.Answer(body));
    }

    private static void AddWhatTheOriginalHad(FakeCluster cluster)
    {
        var ping = HealthChecksResponse.Parser.ParseFrom(RecordedCall.Frames(RawHttp.Recorded("rpc-01-Monitor.HealthChecks.rsp.http").Body).Body).Healthchecks[0];
        var pong = HealthChecksResponse.Parser.ParseFrom(RecordedCall.Frames(RawHttp.Recorded("rpc-02-Monitor.HealthChecks.rsp.http").Body).Body).Healthchecks[0];
        var status = StatusResponse.Parser.ParseFrom(RecordedCall.Frames(RawHttp.Recorded("rpc-05-Monitor.Status.rsp.http").Body).Body).Statuses[0];
        var stats = StatsResponse.Parser.ParseFrom(RecordedCall.Frames(RawHttp.Recorded("rpc-07-Monitor.Stats.rsp.http").Body).Body).Stats[0];

        // As grains answer: the instance as id, and with what is new.
        var instance = cluster.Add(ping.Service.Name, ping.Service.Nodes[0].Id, ping.Service.Version);
        foreach (var check in new[] { ping, pong })
        {
            (check.Service, check.Derived, check.Duration, check.Degraded) = (instance.Service, new() { SinceMs = 1 }, 5, true);
            check.Tags.Add("tag");
            instance.Checks.Add(check.Id, check);
        }
        (status.Service, status.Derived) = (instance.Service, new() { SinceMs = 1 });
        (stats.Service, stats.Derived) = (instance.Service, new() { SinceMs = 1 });
        (instance.LatestStatus, instance.LatestStats) = (status, stats);
    }
}
