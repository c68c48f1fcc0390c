using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Monitor.Grains.Abstractions;
using Monitor.Grains.Feeds;
using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Testing;
using Orleans.Serialization;

namespace Monitor.Grains.Tests;

public sealed class SerializationTests : IDisposable
{
    private static readonly ReportBuilder Reports = new("go-server", "i-1");

    private readonly ServiceProvider services = new ServiceCollection().AddSerializer(s => s.AddProtobufMessages()).BuildServiceProvider();

    public static TheoryData<IMessage> Messages =>
    [
        Reports.Check("ping", error: "down", results: new Dictionary<string, string> { ["foo"] = "ugh" }).Healthcheck,
        Reports.Status(info: "näh").Status,
        Reports.Stats(new Endpoint()).Stats,
        new HistoryRequest { Service = "go-server", Id = "i-1", Limit = 10 },
        new HistoryResponse { Entries = { new HistoryEntry { Healthcheck = Reports.Check("ping").Healthcheck } }, NextPageToken = "1.2" },
        new ReportOutcome { Index = 3, Outcome = Outcome.Duplicate },
        new BlindWindow { FromMs = 1, ToMs = 2 },
        new HistoryRequest(), // no bytes at all
    ];

    [Theory]
    [MemberData(nameof(Messages), DisableDiscoveryEnumeration = true)]
    public void Message_BetweenSilos_IsAsItWas(IMessage message)
    {
        Assert.Equal(message, RoundTrip<object>(message));
        Assert.Equal(new[] { message, null }, RoundTrip<IMessage?[]>([message, null]));
        Assert.Same(message, services.GetRequiredService<DeepCopier>().Copy<object>(message));
    }

    [Fact]
    public void Message_OfADeclaredType_IsAsItWas()
    {
        var status = Reports.Status().Status;
        Assert.Equal(status, RoundTrip(status));
        Assert.Null(RoundTrip<Status?>(null));
        IReadOnlyList<HealthCheck> checks = [Reports.Check("a").Healthcheck, Reports.Check("b").Healthcheck];
        Assert.Equal(checks, RoundTrip(checks));
    }

    [Fact]
    public void Message_TwiceInOneCall_StaysOne()
    {
        var status = Reports.Status().Status;
        var other = Reports.Status().Status;
        var copy = RoundTrip<Status[]>([status, other, status]);
        Assert.Equal([status, other, status], copy);
        Assert.Same(copy[0], copy[2]);
        Assert.NotSame(copy[0], copy[1]);
    }

    [Fact]
    public void Contracts_BetweenSilos_AreAsTheyWere()
    {
        var page = RoundTrip(new DirectoryPage([new("go-server", "i-1", 3)], true));
        Assert.Equal((new DirectoryEntry("go-server", "i-1", 3), true), (Assert.Single(page.Entries), page.More));
        var query = new DirectoryQuery(DirectorySubject.Stats, null, HealthCheck.Types.Status.Error, "a", "b", 7);
        Assert.Equal(query, RoundTrip(query));
        var checks = new HealthCheckPageQuery("go-server", HealthCheck.Types.Status.Ok, null, null, 5, 10);
        Assert.Equal(checks, RoundTrip(checks));
        Assert.Equal("i-1", Assert.Single(RoundTrip(new HealthCheckPage(true, [new("go-server", "i-1", 1)], false)).Instances).Instance);
        var version = RoundTrip(new ServiceVersion("1.0", ["i-1", "i-2"], Status.Types.Status.Started, "i-2"));
        Assert.Equal(("1.0", 2, Status.Types.Status.Started, "i-2"), (version.Version, version.Instances.Count, version.Worst, version.WorstInstance));
        var progress = new PartitionProgress(1, 2, 3, 4);
        Assert.Equal(progress, RoundTrip(progress));
        var result = new FeedResult(1, 2, 3, 4, 5, true, false, true);
        Assert.Equal(result, RoundTrip(result));
        Assert.Equal((1, 2, null), Of(RoundTrip(new FeedSnapshot(1, 2, null))));
        Assert.Equal([7], RoundTrip(new FeedSnapshot(1, 2, [7])).Payload);

        static (long, long, byte[]?) Of(FeedSnapshot s) => (s.Position, s.Version, s.Payload);
    }

    [Fact]
    public void Records_BetweenSilos_AreAsTheyWere()
    {
        var copy = RoundTrip<JournalRecord[]>([JournalRecord.Read("go-server/i-1", [1, 2], 5, 6), JournalRecord.Read("b", [], 7, 8)]);
        Assert.Equal([("go-server/i-1", 5L, 6L, 2), ("b", 7L, 8L, 0)], copy.Select(r => (r.Key, r.Sequence, r.ReceivedAtMs, r.Payload.Length)));
    }

    public void Dispose() => services.Dispose();

    private T RoundTrip<T>(T value)
    {
        var serializer = services.GetRequiredService<Serializer>();
        return serializer.Deserialize<T>(serializer.SerializeToArray(value))!;
    }
}
