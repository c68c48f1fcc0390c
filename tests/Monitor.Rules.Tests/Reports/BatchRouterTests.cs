using System.Text;
using Google.Protobuf;
using Monitor.Protocol;
using Monitor.Rules.Reports;

namespace Monitor.Rules.Tests.Reports;

public sealed class BatchRouterTests
{
    private const long NowMs = 1_451_096_508_000;

    [Fact]
    public void Route_GoodBatchOfItsInstance_IsPassedAsItIs()
    {
        var own = BatchScannerRuleTests.Good();
        own.Healthcheck.Service = new() { Name = "go-server", Nodes = { new Node { Id = "i-1" } } };
        var bytes = BatchScannerRuleTests.Batch(BatchScannerRuleTests.Good(), own).ToByteArray();
        var routed = Assert.Single(Route(bytes));
        Assert.Same(bytes, routed.Payload);
        Assert.Null(routed.Indices);
        Assert.Equal("go-server/i-1", Key(bytes, routed));
    }

    [Fact]
    public void Route_RejectedReport_IsLeftOut()
    {
        var batch = BatchScannerRuleTests.Batch(BatchScannerRuleTests.Good(), new Report(), BatchScannerRuleTests.Good());
        var bytes = batch.ToByteArray();
        var routed = Assert.Single(Route(bytes));
        Assert.Equal([0, 2], routed.Indices!);
        Assert.Equal(2, routed.IndexInBatch(1));
        var payload = PublishRequest.Parser.ParseFrom(routed.Payload);
        Assert.Equal(batch.Service, payload.Service);
        Assert.Equal(batch.Epoch, payload.Epoch);
        Assert.Equal([batch.Reports[0], batch.Reports[2]], payload.Reports);
    }

    [Fact]
    public void Route_SeveralInstances_AreDividedAndTheLossStaysWithTheBatch()
    {
        var other = BatchScannerRuleTests.Good();
        other.Healthcheck.Service = new() { Name = "other", Id = "i-2", Version = "v2" };
        other.Healthcheck.Error = new string('e', 300);
        var batch = BatchScannerRuleTests.Batch(other, BatchScannerRuleTests.Good(), other);
        batch.Lost = 4;
        var bytes = batch.ToByteArray();
        var routed = Route(bytes);
        Assert.Equal(["go-server/i-1", "other/i-2"], routed.Select(one => Key(bytes, one)));
        var payloads = routed.Select(one => PublishRequest.Parser.ParseFrom(one.Payload)).ToArray();
        Assert.Equal([4UL, 0UL], payloads.Select(payload => payload.Lost));
        Assert.Equal([batch.Reports[1]], payloads[0].Reports);
        Assert.Equal([other, other], payloads[1].Reports);
        Assert.Equal([0, 2], routed[1].Indices!);
        Assert.Equal("v2", payloads[1].Service.Version);
        Assert.All(payloads, payload => Assert.Equal(batch.Epoch, payload.Epoch));
    }

    [Fact]
    public void Route_NothingToSay_IsNothing() => Assert.Empty(Route(BatchScannerRuleTests.Batch().ToByteArray()));

    [Fact]
    public void Route_OnlyALoss_IsTaken()
    {
        var batch = BatchScannerRuleTests.Batch();
        batch.Lost = 2;
        Assert.Equal(2UL, PublishRequest.Parser.ParseFrom(Assert.Single(Route(batch.ToByteArray())).Payload).Lost);
    }

    [Fact]
    public void Route_RandomBatches_KeepsEveryReportOnce()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var batch = new RandomBatch(seed).Next();
            var bytes = batch.ToByteArray();
            var found = new SortedDictionary<int, Report>();
            foreach (var routed in Route(bytes))
            {
                var payload = PublishRequest.Parser.ParseFrom(routed.Payload);
                for (var i = 0; i < payload.Reports.Count; i++) found.Add(routed.IndexInBatch(i), payload.Reports[i]);
            }
            Assert.Equal(batch.Reports, found.Values);
        }
    }

    private static List<RoutedPayload> Route(byte[] bytes)
    {
        var scan = new ScannedBatch();
        Assert.Null(BatchScanner.Validate(bytes, NowMs, scan));
        var routed = new List<RoutedPayload>();
        BatchRouter.Route(bytes, scan, routed);
        return routed;
    }

    private static string Key(byte[] bytes, RoutedPayload routed) =>
        $"{Encoding.UTF8.GetString(routed.Service.Of(bytes))}/{Encoding.UTF8.GetString(routed.Instance.Of(bytes))}";
}
