using System.Net;
using System.Text.Json.Nodes;
using Grpc.Core;
using Monitor.Protocol;
using Monitor.Testing;

namespace Monitor.EndToEnd.Tests;

/// <summary>A sample of bad input against the real server; each rule has tests of its own where it is written.</summary>
public sealed class BadInputTests(SharedSilo shared)
{
    private readonly ReportBuilder reports = new("bad", $"bad-{Guid.NewGuid()}");

    public static TheoryData<string, string> Bodies => new()
    {
        // What killed the original: a status without service, stats without service, checks without service.
        { """{"reports":[{"status":{"status":2,"timestamp":1700000000}}]}""", "service" },
        { """{"reports":[{"stats":{"timestamp":1700000000}}]}""", "service" },
        { """{"reports":[{"healthcheck":{"id":"bad.http","timestamp":1700000000}},{"healthcheck":{"id":"bad.http","timestamp":1700000000}}]}""", "service" },
        { """{"service":{"name":"bad"},"reports":[{"healthcheck":{"id":"bad.http","timestamp":1700000000}}]}""", "service.id" },
        { """{"service":{"name":"bad","id":"bad-http"},"reports":[{"healthcheck":{"timestamp":1700000000}}]}""", "healthcheck.id" },
        { """{"service":{"name":"bad","id":"bad-http"},"reports":[{"healthcheck":{"id":"bad.http","timestamp":1}}]}""", "healthcheck.timestamp" },
        { """{"service":{"name":"bad","id":"bad-http"},"reports":[{"healthcheck":{"id":"bad.http","timestamp":1700000000,"interval":-1}}]}""", "healthcheck.interval" },
        { """{"service":{"name":"bad","id":"bad-http"},"reports":[{"healthcheck":{"id":"bad.http","timestamp":1700000000,"status":9}}]}""", "healthcheck.status" },
        { """{"service":{"name":"bad","id":"bad-http"},"reports":[{"stats":{"timestamp":1700000000,"endpoints":[{"success":{"mean":"NaN"}}]}}]}""", "mean" },
    };

    [Theory, MemberData(nameof(Bodies))]
    public async Task Post_OfABadReport_NamesTheFieldAndKeepsNothing(string body, string field)
    {
        var (code, answer) = await shared.Process.PostAsync(body);

        if (code == HttpStatusCode.OK)
        {
            var response = JsonNode.Parse(answer)!;
            Assert.Null(response["accepted"]);
            Assert.Contains(field, (string?)response["outcomes"]![0]!["field"], StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(HttpStatusCode.BadRequest, code);
            Assert.Contains(field, answer, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await shared.Process.GetAsync("/v1/healthchecks?id=bad.http")).Code);
        Assert.Equal(HttpStatusCode.NotFound, (await shared.Process.GetAsync("/v1/status?id=bad-http")).Code);
    }

    [Theory]
    [InlineData("/v1/healthchecks?limit=10001", "limit")]
    [InlineData("/v1/healthchecks?offset=18446744073709551615", "offset")]
    [InlineData("/v1/healthchecks?status=9", "status")]
    [InlineData("/v1/healthchecks?page_token=nonsense", "page_token")]
    [InlineData("/v1/status?limit=-1", "limit")]
    [InlineData("/v1/stats?offset=-1", "offset")]
    [InlineData("/v1/history", "id")]
    public async Task Get_WithABadParameter_NamesIt(string query, string field)
    {
        var (code, body) = await shared.Process.GetAsync(query);

        Assert.Equal(HttpStatusCode.BadRequest, code);
        Assert.Contains(field, body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("\u0001\u0002")]
    public async Task Post_OfWhatIsNoJson_IsABadRequest(string body) => Assert.Equal(HttpStatusCode.BadRequest, (await shared.Process.PostAsync(body)).Code);

    [Fact]
    public async Task Batch_WithOneBadReport_IsTakenSaveThatOne()
    {
        var check = $"bad.check.{reports.Instance}";
        var bad = reports.Check("");
        var batch = reports.Batch(reports.Status(), bad, reports.Check(check));
        batch.Acknowledge = Acknowledge.Applied;

        var answer = await shared.Process.Reporter.ReportAsync(batch);

        Assert.Equal((2u, 1u), (answer.Accepted, answer.Rejected));
        var outcome = Assert.Single(answer.Outcomes);
        Assert.Equal((1u, Outcome.Rejected, "reports[1].healthcheck.id"), (outcome.Index, outcome.Outcome, outcome.Field));
        Assert.Single((await shared.Process.Queries.HealthChecksAsync(new() { Id = check })).Healthchecks);
    }

    [Fact]
    public async Task Batch_OfTooManyReports_IsRefusedWhole()
    {
        var check = $"bad.many.{reports.Instance}";
        var batch = reports.Batch([.. Enumerable.Range(0, 10_001).Select(_ => reports.Check(check))]);

        var refused = await Assert.ThrowsAsync<RpcException>(() => shared.Process.Reporter.ReportAsync(batch).ResponseAsync);

        Assert.Contains(refused.StatusCode, new[] { StatusCode.InvalidArgument, StatusCode.ResourceExhausted });
        var unknown = await Assert.ThrowsAsync<RpcException>(() => shared.Process.Queries.HealthChecksAsync(new() { Id = check }).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task Message_OfGarbage_IsRefusedAndTheServerGoesOn()
    {
        var bytes = Marshallers.Create<byte[]>(static value => value, static value => value);
        var method = new Method<byte[], byte[]>(MethodType.Unary, "go.micro.srv.monitor.Reporter", "Report", bytes, bytes);
        byte[] garbage = [0x12, 0xff, 0xff, 0xff, 0x7f, 0x00];

        var refused = await Assert.ThrowsAsync<RpcException>(
            () => shared.Process.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, garbage).ResponseAsync);

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        await shared.Process.GetJsonAsync("/v1/services");
    }
}
