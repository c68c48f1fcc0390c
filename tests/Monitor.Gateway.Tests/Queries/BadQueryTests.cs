using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Rpc;
using Grpc.Core;
using Monitor.Protocol;
using static Monitor.Gateway.Tests.GatewayFixture;

namespace Monitor.Gateway.Tests.Queries;

public sealed class BadQueryTests
{
    private static readonly string Long = new('k', 257);

    public static TheoryData<string, Func<Protocol.Monitor.MonitorClient, Task>> GrpcRequests => new()
    {
        { "limit", client => HealthChecks(client, new() { Limit = 10_001 }) },
        { "offset", client => HealthChecks(client, new() { Offset = ulong.MaxValue }) },
        { "offset", client => HealthChecks(client, new() { Offset = 10_000_001 }) },
        { "status", client => HealthChecks(client, new() { Status = (HealthCheck.Types.Status)7 }) },
        { "view", client => HealthChecks(client, new() { View = (View)7 }) },
        { "id", client => HealthChecks(client, new() { Id = Long }) },
        { "service", client => HealthChecks(client, new() { Service = Long }) },
        { "page_token", client => HealthChecks(client, new() { PageToken = "nonsense!" }) },
        { "page_token", client => HealthChecks(client, new() { PageToken = "AAAA" }) },
        { "service", client => client.ServicesAsync(new() { Service = Long }, cancellationToken: Limit).ResponseAsync },
        { "limit", client => client.StatusAsync(new() { Limit = -1 }, cancellationToken: Limit).ResponseAsync },
        { "offset", client => client.StatusAsync(new() { Offset = -1 }, cancellationToken: Limit).ResponseAsync },
        { "offset", client => client.StatusAsync(new() { Offset = long.MaxValue }, cancellationToken: Limit).ResponseAsync },
        { "page_token", client => client.StatusAsync(new() { PageToken = "x" }, cancellationToken: Limit).ResponseAsync },
        { "page_token", client => client.StatusAsync(new() { PageToken = "x", Verbose = true }, cancellationToken: Limit).ResponseAsync },
        { "limit", client => client.StatsAsync(new() { Limit = 10_001 }, cancellationToken: Limit).ResponseAsync },
        { "id", client => client.StatsAsync(new() { Id = Long }, cancellationToken: Limit).ResponseAsync },
        { "id", client => client.HistoryAsync(new(), cancellationToken: Limit).ResponseAsync },
        { "check", client => client.HistoryAsync(new() { Id = "i", Check = Long }, cancellationToken: Limit).ResponseAsync },
        { "from_ms", client => client.HistoryAsync(new() { Id = "i", FromMs = -1 }, cancellationToken: Limit).ResponseAsync },
        { "to_ms", client => client.HistoryAsync(new() { Id = "i", FromMs = 5, ToMs = 4 }, cancellationToken: Limit).ResponseAsync },
        { "service", client => client.HistoryAsync(new() { Id = "shared" }, cancellationToken: Limit).ResponseAsync },
        { "page_token", client => client.HistoryAsync(new() { Id = "i", PageToken = "x" }, cancellationToken: Limit).ResponseAsync },
    };

    [Theory]
    [MemberData(nameof(GrpcRequests), DisableDiscoveryEnumeration = true)]
    public async Task Query_BadField_IsNamed(string field, Func<Protocol.Monitor.MonitorClient, Task> ask)
    {
        await using var gateway = await StartAsync(cluster =>
        {
            cluster.Add("s", "i").OnHistory = _ => throw new FormatException("no token");
            cluster.Add("s", "shared");
            cluster.Add("t", "shared");
        });
        var failure = await Assert.ThrowsAsync<RpcException>(() => ask(gateway.Monitor));
        Assert.Equal(StatusCode.InvalidArgument, failure.StatusCode);
        Assert.StartsWith(field + ": ", failure.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(field, failure.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations.Single().Field);
    }

    [Theory]
    [InlineData("/v1/healthchecks?limit=10001", "limit")]
    [InlineData("/v1/healthchecks?offset=18446744073709551615", "offset")]
    [InlineData("/v1/healthchecks?offset=18446744073709551616", "offset")]
    [InlineData("/v1/status?offset=18446744073709551615", "offset")]
    [InlineData("/v1/healthchecks?limit=x", "limit")]
    [InlineData("/v1/healthchecks?limit=-1", "limit")]
    [InlineData("/v1/healthchecks?limit=1&limit=2", "limit")]
    [InlineData("/v1/healthchecks?status=BAD", "status")]
    [InlineData("/v1/healthchecks?status=3", "status")]
    [InlineData("/v1/status?verbose=maybe", "verbose")]
    [InlineData("/v1/healthchecks?serivce=x", "serivce")]
    [InlineData("/v1/healthchecks?pageToken=x", "page_token")]
    public async Task Get_BadParameter_IsNamed(string path, string field)
    {
        await using var gateway = await StartAsync();
        var answer = await gateway.Http.GetAsync(path, Limit);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var error = await answer.Content.ReadFromJsonAsync<JsonElement>(Limit);
        Assert.StartsWith(field + ": ", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(field, error.GetProperty("details")[0].GetProperty("fieldViolations")[0].GetProperty("field").GetString());
    }

    public static TheoryData<string, Func<Protocol.Monitor.MonitorClient, Task>> Unknown => new()
    {
        { "/v1/healthchecks?id=nope", client => HealthChecks(client, new() { Id = "nope" }) },
        { "/v1/status?id=nope", client => client.StatusAsync(new() { Id = "nope" }, cancellationToken: Limit).ResponseAsync },
        { "/v1/status?id=i&service=other", client => client.StatusAsync(new() { Id = "i", Service = "other" }, cancellationToken: Limit).ResponseAsync },
        { "/v1/stats?id=nope", client => client.StatsAsync(new() { Id = "nope" }, cancellationToken: Limit).ResponseAsync },
        { "/v1/history?id=nope", client => client.HistoryAsync(new() { Id = "nope" }, cancellationToken: Limit).ResponseAsync },
    };

    [Theory]
    [MemberData(nameof(Unknown), DisableDiscoveryEnumeration = true)]
    public async Task Query_UnknownId_IsNotFound(string path, Func<Protocol.Monitor.MonitorClient, Task> ask)
    {
        await using var gateway = await StartAsync(cluster => cluster.Add("s", "i"));
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => ask(gateway.Monitor))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.Http.GetAsync(path, Limit)).StatusCode);
    }

    [Theory]
    [InlineData("/go.micro.srv.monitor.Monitor/Nope")]
    [InlineData("/go.micro.srv.Nope/Nope")]
    public async Task Call_UnknownMethod_IsUnimplemented(string path)
    {
        await using var gateway = await StartAsync();
        var parts = path.Split('/');
        var method = new Method<string, string>(
            MethodType.Unary, parts[1], parts[2], Marshallers.Create(_ => Array.Empty<byte>(), _ => ""), Marshallers.Create(_ => Array.Empty<byte>(), _ => ""));
        var failure = await Assert.ThrowsAsync<RpcException>(() =>
            gateway.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(cancellationToken: Limit), "").ResponseAsync);
        Assert.Equal(StatusCode.Unimplemented, failure.StatusCode);
    }

    [Fact]
    public async Task Query_GrainFails_LeaksNothing()
    {
        await using var gateway = await StartAsync(cluster => cluster.Add("s", "i").With("c"));
        await HealthChecks(gateway.Monitor, new());
        gateway.Cluster.Failure = new InvalidOperationException("secret");
        await HealthChecksFail(StatusCode.Internal, gateway);
        gateway.Cluster.Failure = new TimeoutException("secret");
        await HealthChecksFail(StatusCode.Unavailable, gateway);

        static async Task HealthChecksFail(StatusCode expected, GatewayFixture gateway)
        {
            var failure = await Assert.ThrowsAsync<RpcException>(() => HealthChecks(gateway.Monitor, new()));
            Assert.Equal(expected, failure.StatusCode);
            Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("secret", await (await gateway.Http.GetAsync("/v1/healthchecks", Limit)).Content.ReadAsStringAsync(Limit), StringComparison.Ordinal);
        }
    }

    private static Task<HealthChecksResponse> HealthChecks(Protocol.Monitor.MonitorClient client, HealthChecksRequest request) =>
        client.HealthChecksAsync(request, cancellationToken: Limit).ResponseAsync;
}
