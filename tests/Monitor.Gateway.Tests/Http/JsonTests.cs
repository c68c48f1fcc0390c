using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Monitor.Gateway.Tests.Fakes;
using Monitor.Protocol;
using static Monitor.Gateway.Tests.GatewayFixture;

namespace Monitor.Gateway.Tests.Http;

public sealed class JsonTests
{
    [Fact]
    public async Task HealthChecks_Pong_IsTheSeedsJson()
    {
        await using var gateway = await StartAsync(AddPong);
        var json = await gateway.Http.GetStringAsync("/v1/healthchecks?id=go.micro.healthcheck.pong", Limit);
        Assert.Equal(
            """
            {"healthChecks":[{"description":"This is a pong healthcheck that fails","error":"Unknown exception",
            "id":"go.micro.healthcheck.pong","results":{"foo":"ugh","label":"","metric":"-0.0001",
            "msg":"a catastrophic failure occurred","stats":"NaN"},"service":{"id":"go-server-672d50a7-ab77-11e5-ad84-68a86d0d36b6",
            "name":"go-server","version":"1.0.0"},"status":2,"timestamp":1451096508}]}
            """.ReplaceLineEndings(""),
            json);
    }

    [Fact]
    public async Task HealthChecks_NothingMatches_IsAnEmptyObject()
    {
        await using var gateway = await StartAsync(AddPong);
        Assert.Equal("{}", await gateway.Http.GetStringAsync("/v1/healthchecks?service=nope", Limit));
    }

    [Theory]
    [InlineData("status=2&limit=5", 1)]
    [InlineData("status=ERROR", 1)]
    [InlineData("status=OK", 0)]
    [InlineData("status=", 1)]
    public async Task HealthChecks_StatusByNumberOrName_IsTheSame(string query, int expected)
    {
        await using var gateway = await StartAsync(AddPong);
        var answer = await gateway.Http.GetFromJsonAsync<JsonElement>($"/v1/healthchecks?{query}", Limit);
        Assert.Equal(expected, answer.TryGetProperty("healthChecks", out var checks) ? checks.GetArrayLength() : 0);
    }

    [Fact]
    public async Task Stats_LargeNumbers_AreNumbers()
    {
        await using var gateway = await StartAsync(cluster => cluster.Add("s", "i").LatestStats = new()
        {
            Cpu = new() { UserTime = ulong.MaxValue },
            Memory = new(),
            Endpoints = { new Endpoint { Method = "M", Success = new() { Count = long.MaxValue, Mean = 0.25 } } },
        });
        Assert.Equal(
            """{"stats":[{"cpu":{"userTime":18446744073709551615},"endpoints":[{"method":"M","success":{"count":9223372036854775807,"mean":0.25}}],"memory":{}}]}""",
            await gateway.Http.GetStringAsync("/v1/stats", Limit));
    }

    [Fact]
    public async Task Report_Json_IsAppended()
    {
        await using var gateway = await StartAsync();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var body = $$"""{"id":4,"service":{"name":"s","nodes":[{"id":"n"}]},"reports":[{"healthcheck":{"id":"c","timestamp":{{now}},"status":"OK","results":{"b":"","a":"1"} } },{"status":{"timestamp":"{{now}}","status":2} }]}""";
        var answer = await PostAsync(gateway, body);
        Assert.Equal("""{"accepted":2,"id":4}""", await answer.Content.ReadAsStringAsync(Limit));
        var payload = gateway.Log.Payloads.Single();
        Assert.Equal(HealthCheck.Types.Status.Ok, payload.Reports[0].Healthcheck.Status);
        Assert.Equal(Status.Types.Status.Running, payload.Reports[1].Status.Status_);
        Assert.Equal(now, payload.Reports[1].Status.Timestamp);
    }

    public static TheoryData<string, string> BadBodies => new()
    {
        { "{", "The body is no JSON" },
        { "", "The body is empty" },
        { "[]", "The body" },
        { """{"reports":7}""", "The body" },
        { """{"nope":1}""", "nope: No such field." },
        { """{"reports":[{"healthcheck":{"intervall":1}}]}""", "intervall: No such field." },
        { """{"acknowledge":"SOON"}""", "The body does not fit" },
        { """{"acknowledge":9}""", "acknowledge: 9 is no value" },
        { """{"id":-1}""", "The body" },
        { """{"id":1e300}""", "The body" },
    };

    [Theory]
    [MemberData(nameof(BadBodies), DisableDiscoveryEnumeration = true)]
    public async Task Report_BadJson_IsAClearError(string body, string message)
    {
        await using var gateway = await StartAsync();
        var answer = await PostAsync(gateway, body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var error = await answer.Content.ReadFromJsonAsync<JsonElement>(Limit);
        Assert.Equal(3, error.GetProperty("code").GetInt32());
        Assert.StartsWith(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("type.googleapis.com/google.rpc.BadRequest", error.GetProperty("details")[0].GetProperty("@type").GetString());
        Assert.Empty(gateway.Log.Records);
    }

    [Fact]
    public async Task Report_NaN_IsRejectedByIndex()
    {
        await using var gateway = await StartAsync();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var answer = await PostAsync(gateway, $$"""{"service":{"name":"s","id":"i"},"reports":[{"stats":{"timestamp":{{now}},"endpoints":[{"success":{"mean":"NaN"} }] } }]}""");
        var outcome = (await answer.Content.ReadFromJsonAsync<JsonElement>(Limit)).GetProperty("outcomes")[0];
        Assert.Equal("reports[0].stats.endpoints[0].success.mean", outcome.GetProperty("field").GetString());
        Assert.Equal(3, outcome.GetProperty("outcome").GetInt32());
    }

    [Fact]
    public async Task Report_BodyOfBytesThatAreNoUtf8_IsAClearError()
    {
        await using var gateway = await StartAsync();
        var answer = await gateway.Http.PostAsync("/v1/reports", new ByteArrayContent([(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)'}']), Limit);
        Assert.Contains("UTF-8", await answer.Content.ReadAsStringAsync(Limit), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/nope", HttpStatusCode.NotFound)]
    [InlineData("/v1/reports", HttpStatusCode.NotFound)]
    [InlineData("/nope", HttpStatusCode.NotFound)]
    public async Task Get_UnknownPath_IsAnError(string path, HttpStatusCode expected)
    {
        await using var gateway = await StartAsync();
        Assert.Equal(expected, (await gateway.Http.GetAsync(path, Limit)).StatusCode);
    }

    internal static void AddPong(FakeCluster cluster) =>
        cluster.Add("go-server", "go-server-672d50a7-ab77-11e5-ad84-68a86d0d36b6").Checks["go.micro.healthcheck.pong"] = new()
        {
            Id = "go.micro.healthcheck.pong",
            Description = "This is a pong healthcheck that fails",
            Error = "Unknown exception",
            Status = HealthCheck.Types.Status.Error,
            Timestamp = 1_451_096_508,
            Results = { ["stats"] = "NaN", ["msg"] = "a catastrophic failure occurred", ["foo"] = "ugh", ["metric"] = "-0.0001", ["label"] = "" },
            Service = new() { Name = "go-server", Version = "1.0.0", Id = "go-server-672d50a7-ab77-11e5-ad84-68a86d0d36b6" },
        };

    private static Task<HttpResponseMessage> PostAsync(GatewayFixture gateway, string json) =>
        gateway.Http.PostAsync("/v1/reports", new StringContent(json, Encoding.UTF8, "application/json"), Limit);
}
