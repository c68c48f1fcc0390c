using Google.Rpc;
using Grpc.Core;
using Monitor.Journal;
using Monitor.Protocol;
using static Monitor.Gateway.Tests.GatewayFixture;

namespace Monitor.Gateway.Tests.Ingest;

public sealed class PublishTests
{
    [Fact]
    public async Task Publish_Batches_AreAppendedAsTheyCameAndAnswered()
    {
        await using var gateway = await StartAsync();
        using var call = gateway.Reporter.Publish(cancellationToken: Limit);
        var batch = Batch(7, Check("a"), Check("b"));
        await call.RequestStream.WriteAsync(batch, Limit);
        var answer = Assert.Single(await ReadAsync(call, 1));
        Assert.Equal(new PublishResponse { Id = 7, Accepted = 2 }, answer);
        Assert.Equal([batch], gateway.Log.Payloads);
        Assert.Equal("go-server/i-1", gateway.Log.Records[0].Key);
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Limit));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Publish_AppendsCompleteOutOfOrder_AnswersInOrderAndCoalesces()
    {
        await using var gateway = await StartAsync();
        gateway.Log.Hold = true;
        using var call = gateway.Reporter.Publish(cancellationToken: Limit);
        for (ulong id = 1; id <= 5; id++) await call.RequestStream.WriteAsync(Batch(id, Check()), Limit);
        await gateway.Log.ReachedAsync(5);
        foreach (var append in new[] { 3, 1, 4, 2, 0 }) gateway.Log.Complete(append);
        Assert.True(await call.ResponseStream.MoveNext(Limit));
        Assert.Equal([1UL, 2, 3, 4, 5], call.ResponseStream.Current.Answers.Select(answer => answer.Id));
    }

    [Fact]
    public async Task Publish_BadReport_IsAnsweredByIndexAndTheRestTaken()
    {
        await using var gateway = await StartAsync();
        using var call = gateway.Reporter.Publish(cancellationToken: Limit);
        await call.RequestStream.WriteAsync(Batch(1, Check("a"), Check(""), Check("c")), Limit);
        var answer = Assert.Single(await ReadAsync(call, 1));
        Assert.Equal((2u, 1u), (answer.Accepted, answer.Rejected));
        var outcome = Assert.Single(answer.Outcomes);
        Assert.Equal((1u, Outcome.Rejected, "reports[1].healthcheck.id"), (outcome.Index, outcome.Outcome, outcome.Field));
        Assert.Equal(["a", "c"], gateway.Log.Payloads.Single().Reports.Select(report => report.Healthcheck.Id));
    }

    [Fact]
    public async Task Publish_Applied_AnswersOutcomesByIndexInTheBatch()
    {
        await using var gateway = await StartAsync(cluster => cluster.Add("go-server", "i-1").OnOutcomes = position =>
            [new() { Index = 0, Outcome = Outcome.Duplicate }, new() { Index = (uint)position, Outcome = Outcome.LateReport }]);
        var batch = Batch(1, Check(""), Check("b"), Check("c"), Check("d"));
        batch.Acknowledge = Acknowledge.Applied;
        var answer = await gateway.Reporter.ReportAsync(batch, cancellationToken: Limit);
        Assert.Equal((1u, 1u, 1u, 1u), (answer.Accepted, answer.Duplicate, answer.Late, answer.Rejected));
        Assert.Equal(
            [(0u, Outcome.Rejected), (1u, Outcome.Duplicate), (2u, Outcome.LateReport)],
            answer.Outcomes.Select(outcome => (outcome.Index, outcome.Outcome)));
    }

    [Fact]
    public async Task Publish_SeveralInstances_AreAppendedApart()
    {
        await using var gateway = await StartAsync();
        var other = Check("x");
        other.Healthcheck.Service = new() { Name = "other/s", Nodes = { new Node { Id = "i-2" } } };
        var answer = await gateway.Reporter.ReportAsync(Batch(1, Check(), other), cancellationToken: Limit);
        Assert.Equal(2u, answer.Accepted);
        Assert.Equal(["go-server/i-1", "other~1s/i-2"], gateway.Log.Records.Select(record => record.Key));
    }

    [Fact]
    public async Task Publish_NothingToSay_IsAnswered()
    {
        await using var gateway = await StartAsync();
        Assert.Equal(new PublishResponse { Id = 3 }, await gateway.Reporter.ReportAsync(Batch(3), cancellationToken: Limit));
        Assert.Empty(gateway.Log.Records);
    }

    [Fact]
    public async Task Publish_JournalFails_EndsTheStreamAsUnavailable()
    {
        await using var gateway = await StartAsync();
        gateway.Log.Hold = true;
        using var call = gateway.Reporter.Publish(cancellationToken: Limit);
        await call.RequestStream.WriteAsync(Batch(1, Check()), Limit);
        await call.RequestStream.WriteAsync(Batch(2, Check()), Limit);
        await gateway.Log.ReachedAsync(2);
        gateway.Log.Complete(0);
        Assert.Equal(1UL, Assert.Single(await ReadAsync(call, 1)).Id);
        gateway.Log.Complete(1, new JournalUnavailableException("The disk is full."));
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Limit));
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.Contains("The disk is full.", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_BadBatch_EndsTheStreamAfterTheAnswersBefore()
    {
        await using var gateway = await StartAsync();
        gateway.Log.Hold = true;
        using var call = gateway.Reporter.Publish(cancellationToken: Limit);
        await call.RequestStream.WriteAsync(Batch(1, Check()), Limit);
        var bad = Batch(2, Check());
        bad.Service.Name = new string('n', 257);
        await call.RequestStream.WriteAsync(bad, Limit);
        await gateway.Log.ReachedAsync(1);
        gateway.Log.Complete(0);
        Assert.Equal(1UL, Assert.Single(await ReadAsync(call, 1)).Id);
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Limit));
        Assert.Equal(StatusCode.InvalidArgument, failure.StatusCode);
        Assert.Equal("service.name", failure.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations.Single().Field);
    }

    [Fact]
    public async Task Publish_OverTheStreamsWindow_ReadsOnOnlyWhenThereIsRoom()
    {
        await using var gateway = await StartAsync(configure: options => options.MaxInFlightBatchesPerStream = 2);
        gateway.Log.Hold = true;
        using var call = gateway.Reporter.Publish(cancellationToken: Limit);
        for (ulong id = 1; id <= 4; id++) await call.RequestStream.WriteAsync(Batch(id, Check()), Limit);
        await gateway.Log.ReachedAsync(2);
        gateway.Log.Complete(0);
        await ReadAsync(call, 1);
        await gateway.Log.ReachedAsync(3);
        // The third entered only in the place of the first: the fourth still waits for the second.
        Assert.Equal(3, gateway.Log.Records.Count);
        for (var append = 1; append < 4; append++)
        {
            await gateway.Log.ReachedAsync(append + 1);
            gateway.Log.Complete(append);
        }
        Assert.Equal([2UL, 3, 4], (await ReadAsync(call, 3)).Select(answer => answer.Id));
    }

    [Fact]
    public async Task Publish_OverTheServersBytes_IsRefusedWithADelay()
    {
        await using var gateway = await StartAsync(configure: options => options.MaxInFlightBytes = options.MaxInFlightBytesPerStream = 8 * 1024 * 1024);
        gateway.Log.Hold = true;
        var large = Large();
        using var first = gateway.Reporter.ReportAsync(large, cancellationToken: Limit);
        using var second = gateway.Reporter.ReportAsync(large, cancellationToken: Limit);
        await gateway.Log.ReachedAsync(2);
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await gateway.Reporter.ReportAsync(large, cancellationToken: Limit));
        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
        Assert.Equal("1000", failure.Trailers.GetValue("grpc-retry-pushback-ms"));
        Assert.Equal(1, failure.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.Seconds);
        gateway.Log.Complete(0);
        gateway.Log.Complete(1);
        await first;
        await second;
        gateway.Log.Hold = false;
        Assert.Equal(231u, (await gateway.Reporter.ReportAsync(large, cancellationToken: Limit)).Accepted);
    }

    [Fact]
    public async Task Publish_CallersGone_CountUntilTheJournalHasWhatTheySent()
    {
        await using var gateway = await StartAsync(configure: options => options.MaxInFlightBytes = options.MaxInFlightBytesPerStream = 8 * 1024 * 1024);
        gateway.Log.Hold = true;
        using var gone = new CancellationTokenSource();
        using var unary = gateway.Reporter.ReportAsync(Large(), cancellationToken: gone.Token);
        using var stream = gateway.Reporter.Publish(cancellationToken: gone.Token);
        await stream.RequestStream.WriteAsync(Large(), Limit);
        await gateway.Log.ReachedAsync(2);
        await gone.CancelAsync();
        await Assert.ThrowsAsync<RpcException>(async () => await unary);
        await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(Limit));

        // Both come back with the same, as reporters do.
        for (var times = 0; times < 10; times++)
        {
            var failure = await Assert.ThrowsAsync<RpcException>(async () => await gateway.Reporter.ReportAsync(Large(), cancellationToken: Limit));
            Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
        }
        Assert.Equal(2, gateway.Log.Records.Count);
        gateway.Log.Complete(0);
        gateway.Log.Complete(1);
        gateway.Log.Hold = false;
        Assert.Equal(231u, (await gateway.Reporter.ReportAsync(Large(), cancellationToken: Limit)).Accepted);
    }

    [Fact]
    public async Task Publish_TooLargeABatch_IsRefused()
    {
        await using var gateway = await StartAsync();
        var large = Batch(1);
        for (var i = 0; i < 300; i++) large.Reports.Add(new Report { Healthcheck = new() { Id = "c", Error = new string('e', 16_000) } });
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await gateway.Reporter.ReportAsync(large, cancellationToken: Limit));
        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
        var many = Batch(1, [.. Enumerable.Range(0, 10_001).Select(_ => new Report())]);
        failure = await Assert.ThrowsAsync<RpcException>(async () => await gateway.Reporter.ReportAsync(many, cancellationToken: Limit));
        Assert.Equal(StatusCode.InvalidArgument, failure.StatusCode);
        Assert.StartsWith("reports:", failure.Status.Detail, StringComparison.Ordinal);
        Assert.Empty(gateway.Log.Records);
    }

    [Fact]
    public async Task Publish_ServerStops_EndsTheStreamWithoutWaitingForItsReporter()
    {
        await using var gateway = await StartAsync();
        using var call = gateway.Reporter.Publish(cancellationToken: Limit);
        await call.RequestStream.WriteAsync(Batch(1, Check()), Limit);
        await ReadAsync(call, 1);
        var more = call.ResponseStream.MoveNext(Limit); // as a reporter does: one that does not read keeps its connection until the host's shutdown timeout
        await gateway.StopAsync().WaitAsync(Limit);
        await Assert.ThrowsAsync<RpcException>(() => more);
    }

    /// <summary>Of nearly 4 MiB.</summary>
    private static PublishRequest Large()
    {
        var large = Batch(1, Check());
        for (var i = 0; i < 230; i++)
        {
            var check = Check("c" + i);
            check.Healthcheck.Error = new string('e', 16_000);
            large.Reports.Add(check);
        }
        return large;
    }

    private static async Task<IReadOnlyList<PublishResponse>> ReadAsync(AsyncDuplexStreamingCall<PublishRequest, PublishAnswers> call, int count)
    {
        var answers = new List<PublishResponse>();
        while (answers.Count < count)
        {
            Assert.True(await call.ResponseStream.MoveNext(Limit), $"The stream ended after {answers.Count} of {count} answers.");
            answers.AddRange(call.ResponseStream.Current.Answers);
        }
        return answers;
    }
}
