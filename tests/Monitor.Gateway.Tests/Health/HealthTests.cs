using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using Monitor.Grains.Abstractions;
using Monitor.Testing;
using Monitor.Gateway.Tests.Fakes;
using static Monitor.Gateway.Tests.GatewayFixture;

namespace Monitor.Gateway.Tests.Health;

public sealed class HealthTests
{
    [Fact]
    public async Task CatchUp_RecordsNotApplied_QueriesWaitAndReportsAreTaken()
    {
        await using var gateway = await StartAsync(
            cluster => cluster.ReportProgress[2] = new(40, 50, 0, 0), options => options.CatchUpWait = TimeSpan.FromMilliseconds(300));
        Assert.Equal(1u, (await gateway.Reporter.ReportAsync(Batch(1, Check()), cancellationToken: Limit)).Accepted);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/health/live", Limit)).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.Http.GetAsync("/health/ready", Limit)).StatusCode);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, await AskAsync(gateway, "go.micro.srv.monitor.Monitor"));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await AskAsync(gateway, "go.micro.srv.monitor.Reporter"));
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await gateway.Monitor.ServicesAsync(new(), cancellationToken: Limit));
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.Contains("Partition 2 of reports is 10 records behind.", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reporter_JournalCannotBeWritten_DoesNotServeWhileQueriesDo()
    {
        await using var gateway = await StartAsync();
        await gateway.Monitor.ServicesAsync(new(), cancellationToken: Limit);
        gateway.Log.Fault = "The disk is full.";
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, await AskAsync(gateway, "go.micro.srv.monitor.Reporter"));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await AskAsync(gateway, "go.micro.srv.monitor.Monitor"));
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/health/ready", Limit)).StatusCode);
        gateway.Log.Fault = null;
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await AskAsync(gateway, "go.micro.srv.monitor.Reporter"));
    }

    [Fact]
    public async Task CatchUp_ReportsThenEventsApplied_AnswersWhoWaited()
    {
        await using var gateway = await StartAsync(
            cluster =>
            {
                cluster.ReportProgress[1] = new(0, 7, 0, 0);
                cluster.EventProgress[3] = new(1, 2, 0, 0);
            },
            options => options.CatchUpWait = TimeSpan.FromSeconds(25));
        var waiting = gateway.Monitor.ServicesAsync(new(), cancellationToken: Limit).ResponseAsync;
        await Eventually.UntilAsync(
            "it knows how far the journal goes",
            async ct => (await (await gateway.Http.GetAsync("/health/ready", ct)).Content.ReadAsStringAsync(ct)).Contains("Partition 1 of reports is 7 records behind", StringComparison.Ordinal),
            cancellationToken: Limit);
        gateway.Cluster.ReportProgress[1] = new(7, 9, 0, 0);
        gateway.Cluster.EventProgress[3] = new(5, 5, 0, 0);
        await waiting;
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/health/ready", Limit)).StatusCode);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await AskAsync(gateway, ""));
    }

    [Fact]
    public async Task CatchUp_GrainsNotReachable_IsTriedAgain()
    {
        await using var gateway = await StartAsync(
            cluster => cluster.Failure = new InvalidOperationException("not yet"), options => options.CatchUpWait = TimeSpan.FromSeconds(25));
        var waiting = gateway.Monitor.ServicesAsync(new(), cancellationToken: Limit).ResponseAsync;
        gateway.Cluster.Failure = null;
        await waiting;
    }

    [Fact]
    public async Task Query_WithADeadlineWhileCatchingUp_EndsByIt()
    {
        await using var gateway = await StartAsync(cluster => cluster.ReportProgress[0] = new(0, 1, 0, 0));
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await gateway.Monitor.ServicesAsync(new(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(200), cancellationToken: Limit));
        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
    }

    [Fact]
    public async Task Reflection_ListServices_NamesOurs()
    {
        await using var gateway = await StartAsync();
        var client = new ServerReflection.ServerReflectionClient(gateway.Channel);
        using var call = client.ServerReflectionInfo(cancellationToken: Limit);
        await call.RequestStream.WriteAsync(new() { ListServices = "" }, Limit);
        Assert.True(await call.ResponseStream.MoveNext(Limit));
        var names = call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name).ToArray();
        Assert.Contains("go.micro.srv.monitor.Monitor", names);
        Assert.Contains("go.micro.srv.monitor.Reporter", names);
        Assert.Contains("grpc.health.v1.Health", names);
        await call.RequestStream.WriteAsync(new() { FileContainingSymbol = "go.micro.srv.monitor.Reporter" }, Limit);
        Assert.True(await call.ResponseStream.MoveNext(Limit));
        Assert.NotEmpty(call.ResponseStream.Current.FileDescriptorResponse.FileDescriptorProto);
    }

    private static async Task<HealthCheckResponse.Types.ServingStatus> AskAsync(GatewayFixture gateway, string service) =>
        (await new Grpc.Health.V1.Health.HealthClient(gateway.Channel).CheckAsync(new() { Service = service }, cancellationToken: Limit)).Status;
}
