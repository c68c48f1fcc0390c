using Grpc.Core;
using Monitor.Protocol;

namespace Monitor.Cli.Tests.Verbs;

public sealed class QueryVerbTests : IAsyncLifetime
{
    private const string Package = "go.micro.srv.monitor";
    private CannedServer server = null!;

    public async ValueTask InitializeAsync() => server = await CannedServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task Query_SeedsPing_PrintsTheSeedsJsonIndentedByTabs()
    {
        server.Answers.HealthChecks = _ => new() { Healthchecks = { Samples.Ping } };

        var ended = await Tool.RunAsync(server, "query", Package, "Monitor.HealthChecks", """{"id": "go.micro.healthcheck.ping"}""");

        Assert.Equal(new Ended(0, Samples.PingJson, ""), ended);
        Assert.Equal(new HealthChecksRequest { Id = "go.micro.healthcheck.ping" }, server.Answers.Asked<HealthChecksRequest>());
    }

    [Fact]
    public async Task Query_SeedsPongCompact_PrintsTheContractsLine()
    {
        server.Answers.HealthChecks = _ => new() { Healthchecks = { Samples.Pong } };

        var ended = await Tool.RunAsync(server, "query", Package, "Monitor.HealthChecks", "{}", "--compact");

        Assert.Equal(new Ended(0, Samples.PongJson + "\n", ""), ended);
    }

    [Fact]
    public async Task Query_WithoutRequest_AsksWithAnEmptyOne()
    {
        var ended = await Tool.RunAsync(server, "query", Package, "Monitor.Services");

        Assert.Equal(new Ended(0, "{}\n", ""), ended);
        Assert.Equal(new ServicesRequest(), server.Answers.Asked<ServicesRequest>());
    }

    [Theory]
    [InlineData("""{"pageToken": "t", "status": 2}""")]
    [InlineData("""{"page_token": "t", "status": "ERROR"}""")]
    public async Task Query_RequestInEitherSpelling_IsTheSameRequest(string request)
    {
        await Tool.RunAsync(server, "query", Package, "Monitor.HealthChecks", request);

        Assert.Equal(
            new HealthChecksRequest { PageToken = "t", Status = HealthCheck.Types.Status.Error },
            server.Answers.Asked<HealthChecksRequest>());
    }

    [Fact]
    public async Task Query_ReporterReport_SendsTheBatch()
    {
        var ended = await Tool.RunAsync(server, "query", Package, "Reporter.Report",
            """{"service": {"name": "s", "id": "i"}, "reports": [{"healthcheck": {"id": "c", "status": "OK", "timestamp": 5}}]}""", "--compact");

        Assert.Equal(new Ended(0, "{\"accepted\":1}\n", ""), ended);
        Assert.Equal("c", server.Answers.Asked<PublishRequest>().Reports.Single().Healthcheck.Id);
    }

    [Fact]
    public async Task Query_FullNameOfTheService_IsTakenToo()
    {
        var ended = await Tool.RunAsync(server, "query", "go.micro.srv.monitor.Monitor", "Services");

        Assert.Equal(0, ended.ExitCode);
    }

    [Theory]
    [InlineData("Nope.Nope", "Monitor.Services", "{}", "unknown service \"Nope.Nope\"; there is go.micro.srv.monitor")]
    [InlineData(Package, "Monitor.Nope", "{}", "unknown method \"Monitor.Nope\"; go.micro.srv.monitor has Monitor.HealthChecks, Monitor.Services, Monitor.Status, Monitor.Stats, Monitor.History, Monitor.Summary, Reporter.Report")]
    [InlineData(Package, "Reporter.Publish", "{}", "unknown method \"Reporter.Publish\"")]
    [InlineData(Package, "Monitor.HealthChecks", """{"nope": 1}""", "unknown field \"nope\"; go.micro.srv.monitor.HealthChecksRequest has service, id, status")]
    [InlineData(Package, "Reporter.Report", """{"reports": [{"healthcheck": {"idd": "c"}}]}""", "unknown field \"reports[0].healthcheck.idd\"")]
    [InlineData(Package, "Monitor.HealthChecks", """{"id": """, "the request is not JSON")]
    [InlineData(Package, "Monitor.HealthChecks", "", "the request is not JSON")]
    [InlineData(Package, "Monitor.HealthChecks", "[]", "the request is not a JSON object but an array")]
    [InlineData(Package, "Monitor.HealthChecks", """{"limit": "many"}""", "the request does not fit go.micro.srv.monitor.HealthChecksRequest")]
    [InlineData(Package, "Monitor.HealthChecks", """{"limit": -1}""", "the request does not fit")]
    [InlineData(Package, "Monitor.HealthChecks", """{"id": 7}""", "the request does not fit")]
    [InlineData(Package, "Monitor.HealthChecks", """{"status": "SPLENDID"}""", "SPLENDID")]
    [InlineData(Package, "Reporter.Report", """{"service": 7}""", "the request does not fit")]
    [InlineData(Package, "Reporter.Report", """{"reports": {}}""", "the request does not fit")]
    public async Task Query_WhatDoesNotFit_IsUsageAndNamed(string service, string method, string request, string message)
    {
        var ended = await Tool.RunAsync(server, "query", service, method, request);

        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.StartsWith("monitor: ", ended.Error, StringComparison.Ordinal);
        Assert.Contains(message, ended.Error, StringComparison.Ordinal);
        Assert.Single(ended.Error.TrimEnd('\n').Split('\n'));
        Assert.Empty(server.Answers.Requests);
    }

    [Theory]
    [InlineData(StatusCode.NotFound, 1)]
    [InlineData(StatusCode.InvalidArgument, 2)]
    [InlineData(StatusCode.Unimplemented, 2)]
    [InlineData(StatusCode.Unavailable, 3)]
    [InlineData(StatusCode.ResourceExhausted, 3)]
    [InlineData(StatusCode.Internal, 3)]
    public async Task Query_ServerRefuses_ExitCodeAndReasonTell(StatusCode code, int exitCode)
    {
        server.Answers.HealthChecks = _ => throw new RpcException(new Grpc.Core.Status(code, "limit: must be at most 10000"));

        var ended = await Tool.RunAsync(server, "query", Package, "Monitor.HealthChecks");

        Assert.Equal((exitCode, ""), (ended.ExitCode, ended.Output));
        Assert.EndsWith("limit: must be at most 10000\n", ended.Error, StringComparison.Ordinal);
        Assert.Single(ended.Error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task Query_NoAnswerInTime_IsUnreachable()
    {
        using var release = new ManualResetEventSlim();
        server.Answers.HealthChecks = _ =>
        {
            release.Wait(Tool.Patience);
            return new();
        };

        var ended = await Tool.RunAsync(server, "query", Package, "Monitor.HealthChecks", "--timeout", "50ms");
        release.Set();

        Assert.Equal(new Ended(3, "", $"monitor: no answer from {server.Url} within 50ms\n"), ended);
    }
}
