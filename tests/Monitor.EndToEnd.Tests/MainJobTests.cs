using System.Net;
using Grpc.Core;
using Monitor.Protocol;
using Monitor.Testing;
using Monitor.Testing.Processes;
using Status = Monitor.Protocol.Status;

namespace Monitor.EndToEnd.Tests;

/// <summary>The README's main job on a server of its own: report, ask, kill, start again, ask.</summary>
public sealed class MainJobTests : IAsyncLifetime
{
    private readonly ReportBuilder reports = new("go-server", $"go-server-{Guid.NewGuid()}");
    private SiloProcess silo = null!;
    private PublishRequest batch = null!;

    public async ValueTask InitializeAsync()
    {
        silo = await SiloProcess.StartAsync();
        batch = Example.Batch(reports);
        batch.Acknowledge = Acknowledge.Applied;
        var answer = await silo.Reporter.ReportAsync(batch);
        Assert.Equal(3u, answer.Accepted);
    }

    public ValueTask DisposeAsync() => silo.DisposeAsync();

    [Fact]
    public async Task Queries_OfTheExample_AnswerTheSeedsJson_AlsoAfterAKill()
    {
        await AssertAnswersAsync();

        await silo.KillAsync();
        await silo.RestartAsync(TestContext.Current.CancellationToken);

        await AssertAnswersAsync();
        silo.ThrowOnErrors();
    }

    private async Task AssertAnswersAsync()
    {
        var ping = Example.PingJson(reports.Service, reports.Instance, batch.Reports[1].Healthcheck.Timestamp);
        var pong = Example.PongJson(reports.Service, reports.Instance, batch.Reports[2].Healthcheck.Timestamp);
        JsonApi.AssertEqual(ping, await silo.GetJsonAsync($"/v1/healthchecks?id={Example.Ping}"));
        JsonApi.AssertEqual(pong, await silo.GetJsonAsync($"/v1/healthchecks?id={Example.Pong}"));
        JsonApi.AssertEqual(pong, await silo.GetJsonAsync("/v1/healthchecks?status=2"));

        var answered = Assert.Single((await silo.Queries.HealthChecksAsync(new() { Id = Example.Ping })).Healthchecks);
        var expected = batch.Reports[1].Healthcheck.Clone();
        expected.Service = batch.Service;
        (expected.Interval, expected.Ttl) = (0, 0);
        Assert.Equal(expected, answered);

        var status = Assert.Single((await silo.Queries.StatusAsync(new() { Service = reports.Service, Id = reports.Instance })).Statuses);
        Assert.Equal(Status.Types.Status.Running, status.Status_);

        var service = Assert.Single((await silo.Queries.ServicesAsync(new() { Service = reports.Service })).Services);
        Assert.Equal([new Node { Id = reports.Instance }], service.Nodes);

        var (code, _) = await silo.GetAsync("/v1/healthchecks?id=never.seen");
        Assert.Equal(HttpStatusCode.NotFound, code);
        var unknown = await Assert.ThrowsAsync<RpcException>(() => silo.Queries.HealthChecksAsync(new() { Id = "never.seen" }).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
    }
}
