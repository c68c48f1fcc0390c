using Grpc.Core;
using Monitor.Gateway.Tests.Fakes;
using Monitor.Grains.Abstractions;
using Monitor.Protocol;
using static Monitor.Gateway.Tests.GatewayFixture;
using State = Monitor.Protocol.ServiceSummary.Types.State;

namespace Monitor.Gateway.Tests.Queries;

public sealed class SummaryTests
{
    [Fact]
    public async Task Summary_OfSeveralPartitions_AddsUpAndPages()
    {
        await using var gateway = await StartAsync(cluster =>
        {
            Answer(cluster, 0, Counts("b", running: 2, ok: 3), Counts("a"));
            Answer(cluster, 1, Counts("a", running: 1, error: 1), Counts("b", running: 1, ok: 1));
            Answer(cluster, 3, Counts("c"));
        });
        var first = await gateway.Monitor.SummaryAsync(new() { Limit = 2 }, cancellationToken: Limit);
        Assert.Equal(["a", "b"], first.Services.Select(one => one.Service));
        Assert.Equal([State.Error, State.Ok], first.Services.Select(one => one.Worst));
        Assert.Equal((3, 4), (first.Services[1].Instances.Running, first.Services[1].Healthchecks.Ok));
        Assert.Equal((3L, State.Error, 4L, 4L, 1L), (first.ServiceCount, first.Total.Worst, first.Total.Instances.Running, first.Total.Healthchecks.Ok, first.Total.Healthchecks.Error));
        Assert.Equal((FakeCluster.Partitions, FakeCluster.Partitions), (first.Coverage.Partitions, first.Coverage.Answered));
        Assert.True(first.AsOfMs > 0);

        var second = await gateway.Monitor.SummaryAsync(new() { Limit = 2, PageToken = first.NextPageToken }, cancellationToken: Limit);
        Assert.Equal((1, "c", State.Unknown, ""), (second.Services.Count, second.Services[0].Service, second.Services[0].Worst, second.NextPageToken));
        Assert.Equal(first.Total, second.Total);

        var one = await gateway.Monitor.SummaryAsync(new() { Service = "b" }, cancellationToken: Limit);
        Assert.Equal((1L, "b", State.Ok), (one.ServiceCount, Assert.Single(one.Services).Service, one.Total.Worst));
        var none = await gateway.Monitor.SummaryAsync(new() { Service = "none" }, cancellationToken: Limit);
        Assert.Equal((0L, 0, State.Unknown), (none.ServiceCount, none.Services.Count, none.Total.Worst));
    }

    [Fact]
    public async Task Summary_PartitionThatDoesNotAnswer_IsMissingAndSaidSo()
    {
        await using var gateway = await StartAsync(cluster =>
        {
            Answer(cluster, 0, Counts("a", running: 1, ok: 1));
            cluster.Summaries[1] = _ => new TaskCompletionSource<PartitionSummary>().Task;
            cluster.Summaries[2] = _ => throw new TimeoutException("The silo is gone.");
        });
        var summary = await gateway.Monitor.SummaryAsync(new(), cancellationToken: Limit);
        Assert.Equal((4, 2), (summary.Coverage.Partitions, summary.Coverage.Answered));
        Assert.Equal([true, false, false, true], summary.Coverage.Details.Select(one => one.Answered));
        Assert.Equal(State.Ok, Assert.Single(summary.Services).Worst);
    }

    [Fact]
    public async Task Summary_NoPartitionAnswers_IsUnavailable()
    {
        await using var gateway = await StartAsync(cluster => cluster.Failure = new TimeoutException());
        var error = await Assert.ThrowsAsync<RpcException>(async () => await gateway.Monitor.SummaryAsync(new(), cancellationToken: Limit));
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    [Fact]
    public async Task Summary_BlindPartitions_AreTold()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        await using var gateway = await StartAsync(cluster =>
        {
            cluster.Summaries[0] = _ => Task.FromResult(new PartitionSummary([], 5_000, now - 8_000, [new() { FromMs = now - 8_000, ToMs = now }]));
            cluster.Summaries[1] = _ => Task.FromResult(new PartitionSummary([], 0, 0, [new() { FromMs = now - 9_000, ToMs = now - 7_000 }]));
        });
        var summary = await gateway.Monitor.SummaryAsync(new(), cancellationToken: Limit);
        Assert.True(summary.Blindness.Now);
        Assert.Equal(new BlindWindow { FromMs = now - 9_000, ToMs = now }, summary.Blindness.Latest);
        Assert.Equal(new BlindTime { MeanS = 2.5, AnyS = 9 }, summary.Blindness.LastHour);
        Assert.Equal(summary.Blindness.LastHour, summary.Blindness.LastDay);
        Assert.Equal([5_000L, 0, 0, 0], summary.Coverage.Details.Select(one => one.BehindMs));
        Assert.Equal(now - 8_000, summary.Coverage.Details[0].Blind.FromMs);
        Assert.True(summary.Coverage.Details[0].Blind.ToMs >= now);
        Assert.Null(summary.Coverage.Details[1].Blind);
    }

    [Theory]
    [InlineData("limit=10001", "limit")]
    [InlineData("as_of=5", "as_of")]
    [InlineData("page_token=nonsense", "page_token")]
    public async Task Summary_BadRequest_NamesTheField(string query, string field)
    {
        await using var gateway = await StartAsync();
        using var response = await gateway.Http.GetAsync($"/v1/summary?{query}", Limit);
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(field, await response.Content.ReadAsStringAsync(Limit), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Summary_OverHttp_HasTheNamesOfTheContract()
    {
        await using var gateway = await StartAsync(cluster => Answer(cluster, 0, Counts("a", running: 1, error: 2)));
        var json = System.Text.Json.Nodes.JsonNode.Parse(await gateway.Http.GetStringAsync("/v1/summary?service=a", Limit))!;
        Assert.Equal(3, (int)json["services"]![0]!["worst"]!);
        Assert.Equal(2, (int)json["total"]!["healthChecks"]!["error"]!);
        Assert.Equal(4, (int)json["coverage"]!["answered"]!);
    }

    private static void Answer(FakeCluster cluster, int partition, params ServiceSummary[] services) => cluster.Summaries[partition] =
        service => Task.FromResult(new PartitionSummary([.. services.Where(one => service is null || one.Service == service)], 0, 0, []));

    private static ServiceSummary Counts(string service, int running = 0, int ok = 0, int error = 0) =>
        new() { Service = service, Instances = new() { Running = running }, Healthchecks = new() { Ok = ok, Error = error } };
}
