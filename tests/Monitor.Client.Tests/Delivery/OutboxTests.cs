using Google.Protobuf;
using Monitor.Client.Delivery;
using Monitor.Protocol;

namespace Monitor.Client.Tests.Delivery;

public sealed class OutboxTests
{
    private static readonly Service service = new() { Name = "orders", Id = "orders-1" };

    private static Report Report(int size) => new() { Healthcheck = new HealthCheck { Id = "a", Error = new string('x', size) } };

    private static PublishRequest Parse(Frame? frame) => PublishRequest.Parser.ParseFrom(frame!.Payload);

    [Fact]
    public void Add_OverTheBatchLimit_IsSplit()
    {
        var outbox = new Outbox(service, 1, 64 * 1024 * 1024);
        outbox.Add([.. Enumerable.Range(0, 7).Select(_ => Report(1_000_000))]);
        Assert.Equal([3, 3, 1], new[] { Parse(outbox.Take()), Parse(outbox.Take()), Parse(outbox.Take()) }.Select(request => request.Reports.Count));
        Assert.Null(outbox.Take());
    }

    [Fact]
    public void Add_OverTheReportLimit_IsSplit()
    {
        var outbox = new Outbox(service, 1, 64 * 1024 * 1024);
        outbox.Add([.. Enumerable.Range(0, 10_001).Select(_ => Report(1))]);
        Assert.Equal(10_000, Parse(outbox.Take()).Reports.Count);
        Assert.Equal(10_001UL, Parse(outbox.Take()).Reports.Single().Sequence);
    }

    [Fact]
    public void Loss_ToldWithABatch_IsTheSameWhenItIsSentAgain()
    {
        var outbox = new Outbox(service, 1, 64 * 1024);
        outbox.Add([Report(60_000)]);
        outbox.Add([Report(60_000)]);
        Assert.Equal((1UL, false), (outbox.Take() is { } first ? (first.Lost, first.Resent) : default));
        outbox.Rewind();
        outbox.Add([Report(100)]);
        Assert.Equal((1UL, true), (outbox.Take() is { } again ? (again.Lost, again.Resent) : default));
        Assert.Equal((0UL, false), (outbox.Take() is { } other ? (other.Lost, other.Resent) : default));
    }

    [Fact]
    public void Loss_ToldWithABatchThatIsLostToo_IsToldWithTheNext()
    {
        var outbox = new Outbox(service, 1, 64 * 1024);
        for (var i = 0; i < 3; i++)
        {
            outbox.Add([Report(60_000)]);
            Assert.Equal((ulong)i, outbox.Take()!.Lost);
        }

        Assert.Equal(2, outbox.Counters.Lost);
    }

    [Fact]
    public async Task WhenGone_EarlierBatchesAnswered_CompletesWithoutTheLater()
    {
        var outbox = new Outbox(service, 1, 64 * 1024);
        outbox.Add([Report(1)]);
        var gone = outbox.WhenGoneAsync(TestContext.Current.CancellationToken);
        outbox.Add([Report(1)]);
        Assert.False(gone.IsCompleted);
        outbox.Take();
        Assert.True(outbox.Answer(new PublishResponse { Id = 1, Accepted = 1 }));
        await gone;
        Assert.False(outbox.Answer(new PublishResponse { Id = 1, Accepted = 1 }));
        Assert.False(outbox.Answer(new PublishResponse { Id = 2, Accepted = 1 }));
        Assert.Equal(1, outbox.Counters.Accepted);
    }

    [Fact]
    public void Backoff_Failing_DoublesToFiveSecondsAndStartsOver()
    {
        var backoff = new Backoff();
        var delays = Enumerable.Range(0, 40).Select(_ => backoff.Next().TotalSeconds).ToList();
        for (var i = 0; i < delays.Count; i++)
        {
            var most = Math.Min(5, 0.1 * Math.Pow(2, i));
            Assert.InRange(delays[i], most / 2, most);
        }

        backoff.Reset();
        Assert.InRange(backoff.Next().TotalSeconds, 0.05, 0.1);
    }
}
