using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using System.Text.Json;
using Google.Protobuf;
using Monitor.Gateway.Tests.Fakes;
using Monitor.Protocol;
using Monitor.Testing.GoMicro;
using static Monitor.Gateway.Tests.GoMicro.GoMicroGateway;

namespace Monitor.Gateway.Tests.GoMicro.Rpc;

public sealed class RpcCallTests
{
    private static void AddPong(FakeCluster cluster)
    {
        var instance = cluster.Add("go-server", "node-1").With("pong", HealthCheck.Types.Status.Error).With("ping");
        (instance.Checks["pong"].Interval, instance.Checks["pong"].Ttl) = (1, 3600);
        instance.LatestStatus = new() { Service = instance.Service, Status_ = Status.Types.Status.Running, Timestamp = 5 };
        instance.LatestStats = new()
        {
            Service = instance.Service,
            Timestamp = 5,
            Cpu = new() { UserTime = ulong.MaxValue, VolCtxSwitch = 2 },
            Disk = new(),
            Endpoints = { new Endpoint { Method = "M", Success = new() { Count = 3, StdDev = double.NaN, Upper95 = double.PositiveInfinity } } },
        };
        cluster.Add("go-server", "node-2").LatestStatus = new() { Status_ = Status.Types.Status.Started, Timestamp = 6 };
    }

    [Theory]
    [InlineData(
        """{"method":"Monitor.HealthChecks","params":[{"id":"pong"}],"id":0}""",
        """{"id":0,"result":{"healthchecks":[{"id":"pong","timestamp":1451096508,"interval":1,"ttl":3600,"service":{"name":"go-server","version":"1.0.0","nodes":[{"id":"node-1"}]},"status":2}]},"error":null}""")]
    [InlineData(
        """{"method":"Monitor.HealthChecks","params":[{"service":"nope"}],"id":1}""",
        """{"id":1,"result":{},"error":null}""")]
    [InlineData(
        """{"method":"Monitor.HealthChecks","params":[{"STATUS":2,"limit":"1","unknown":[]}],"id":1}""",
        """{"id":1,"result":{"healthchecks":[{"id":"pong","timestamp":1451096508,"interval":1,"ttl":3600,"service":{"name":"go-server","version":"1.0.0","nodes":[{"id":"node-1"}]},"status":2}]},"error":null}""")]
    [InlineData(
        """{"method":"Monitor.Services","params":[{}],"id":2}""",
        """{"id":2,"result":{"services":[{"name":"go-server","version":"1.0.0","nodes":[{"id":"node-1"},{"id":"node-2"}]}]},"error":null}""")]
    [InlineData(
        """{"method":"Monitor.Status","params":[{}],"id":3}""",
        """{"id":3,"result":{"statuses":[{"service":{"name":"go-server","version":"1.0.0","nodes":[{"id":"node-1"},{"id":"node-2"}]},"status":1,"timestamp":6}]},"error":null}""")]
    [InlineData(
        """{"method":"Monitor.Status","params":[{"id":"node-1"}],"id":3}""",
        """{"id":3,"result":{"statuses":[{"service":{"name":"go-server","version":"1.0.0","nodes":[{"id":"node-1"}]},"status":2,"timestamp":5}]},"error":null}""")]
    [InlineData(
        """{"method":"Monitor.Stats","params":[{"service":"go-server"}],"id":4}""",
        """{"id":4,"result":{"stats":[{"service":{"name":"go-server","version":"1.0.0","nodes":[{"id":"node-1"}]},"timestamp":5,"cpu":{"user_time":18446744073709551615,"vol_ctx_switch":2},"disk":{},"endpoints":[{"method":"M","success":{"count":3,"std_dev":"NaN","upper95":"Infinity"}}]}]},"error":null}""")]
    [InlineData("""{"method":"Debug.Health","params":[{}],"id":5}""", """{"id":5,"result":{"status":"ok"},"error":null}""")]
    [InlineData("""{"method":"Debug.Health","id":"text"}""", """{"id":"text","result":{"status":"ok"},"error":null}""")]
    [InlineData("""{"method":"Debug.Health","params":[],"id":1.50}""", """{"id":1.50,"result":{"status":"ok"},"error":null}""")]
    [InlineData("""{"method":"Debug.Health","params":null,"id":18446744073709551615}""", """{"id":18446744073709551615,"result":{"status":"ok"},"error":null}""")]
    [InlineData("""{"method":"Debug.Health","params":[null],"id":{"a":[1]}}""", """{"id":{"a":[1]},"result":{"status":"ok"},"error":null}""")]
    [InlineData("""{"method":"Debug.Health"}""", """{"id":null,"result":{"status":"ok"},"error":null}""")]
    [InlineData("""{"METHOD":"Debug.Health","Id":9}""", """{"id":9,"result":{"status":"ok"},"error":null}""")]
    [InlineData("""{"method":"Monitor.Nope","params":[{}],"id":6}""", """{"id":6,"result":{},"error":"rpc: can't find method Monitor.Nope"}""")]
    [InlineData("""{"method":"Nope.Nope","params":[{}],"id":6}""", """{"id":6,"result":{},"error":"rpc: can't find service Nope.Nope"}""")]
    [InlineData("""{"method":"Nope","params":[{}],"id":6}""", """{"id":6,"result":{},"error":"rpc: service/method request ill-formed: Nope"}""")]
    [InlineData("""{"id":6}""", """{"id":6,"result":{},"error":"rpc: service/method request ill-formed: "}""")]
    public async Task Call_Json_IsAnswered(string request, string answer)
    {
        await using var gateway = await StartAsync(AddPong);
        Assert.Equal($"{answer}\n", await gateway.CallJsonAsync(request));
    }

    [Theory]
    [InlineData("""{"method":"Monitor.HealthChecks","params":[{"id":"nope"}],"id":"a"}""", "go.micro.srv.monitor.Monitor.HealthCheck", 404, "not found", "Not Found")]
    [InlineData("""{"method":"Monitor.Status","params":[{"id":"nope"}],"id":"a"}""", "go.micro.srv.monitor.Monitor.Status", 500, "not found", "Internal Server Error")]
    [InlineData("""{"method":"Monitor.HealthChecks","params":[{"offset":18446744073709551615}],"id":"a"}""", "go.micro.srv.monitor.Monitor.HealthCheck", 400, "offset: 18446744073709551615 is out of range", "Bad Request")]
    [InlineData("""{"method":"Monitor.Stats","params":[{"limit":-1}],"id":"a"}""", "go.micro.srv.monitor.Monitor.Stats", 400, "limit: -1 is out of range", "Bad Request")]
    [InlineData("""{"method":"Monitor.Stats","params":[{"limit":"many"}],"id":"a"}""", "go.micro.srv.monitor.Monitor.Stats", 400, "limit: \"many\" is not allowed", "Bad Request")]
    [InlineData("""{"method":"Monitor.Stats","params":["x"],"id":"a"}""", "go.micro.srv.monitor.Monitor.Stats", 400, "\"x\" is not allowed: it must be an object", "Bad Request")]
    public async Task Call_JsonFails_ErrorIsAStringOfJson(string request, string id, int code, string detail, string status)
    {
        await using var gateway = await StartAsync(AddPong);

        var answer = JsonDocument.Parse(await gateway.CallJsonAsync(request)).RootElement;

        Assert.Equal("a", answer.GetProperty("id").GetString());
        Assert.Equal("{}", answer.GetProperty("result").GetRawText());
        var error = JsonDocument.Parse(answer.GetProperty("error").GetString()!).RootElement;
        Assert.Equal((id, code, status), (error.GetProperty("id").GetString(), error.GetProperty("code").GetInt32(), error.GetProperty("status").GetString()));
        Assert.StartsWith(detail, error.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("""{"method":"Monitor.Stats","params":{}}""")]
    [InlineData("""{"method":"\ud800"}""")]
    [InlineData("""{"\ud800":1}""")]
    public async Task Call_JsonCannotBeRead_SaysSo(string request)
    {
        await using var gateway = await StartAsync(AddPong);
        var answer = JsonDocument.Parse(await gateway.CallJsonAsync(request)).RootElement;
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("id").ValueKind);
        Assert.Contains("\"code\":400", answer.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "The first frame is missing.")]
    [InlineData("000000", "The first frame is missing.")]
    [InlineData("000000ff00", "The first frame says 255 bytes, and 1 follow.")]
    [InlineData("ffffffff", "The first frame says 4294967295 bytes, and 0 follow.")]
    [InlineData("00000000", "The second frame is missing.")]
    [InlineData("0000000000000009", "The second frame says 9 bytes, and 0 follow.")]
    [InlineData("000000000000000000", "1 bytes follow the two frames.")]
    [InlineData("00000001ff00000000", "The first frame is no envelope")]
    public async Task Call_FramesCannotBeRead_SaysSo(string hex, string detail)
    {
        await using var gateway = await StartAsync(AddPong);
        using var content = Protobuf(Convert.FromHexString(hex));
        using var response = await gateway.Http.PostAsync(gateway.Rpc, content, GatewayFixture.Limit);
        var (head, body) = RecordedCall.Frames(await response.Content.ReadAsByteArrayAsync(GatewayFixture.Limit));
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Contains(detail, Monitor.Gateway.GoMicro.RpcEnvelope.Parser.ParseFrom(head).Error, StringComparison.Ordinal);
        Assert.Empty(body);
    }

    [Fact]
    public async Task Call_BodyIsNoRequest_ErrorKeepsMethodAndSequence()
    {
        await using var gateway = await StartAsync(AddPong);
        using var content = Protobuf([.. Convert.FromHexString("0000001f0a144d6f6e69746f722e4865616c7468436865636b731107000000000000000000000108")]);
        using var response = await gateway.Http.PostAsync(gateway.Rpc, content, GatewayFixture.Limit);
        var envelope = Monitor.Gateway.GoMicro.RpcEnvelope.Parser.ParseFrom(RecordedCall.Frames(await response.Content.ReadAsByteArrayAsync(GatewayFixture.Limit)).Head);
        Assert.Equal(("Monitor.HealthChecks", 7UL), (envelope.ServiceMethod, envelope.Seq));
        Assert.Contains("The request is no HealthChecksRequest", envelope.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X-Micro-Method")]
    [InlineData("Micro-Method")]
    [InlineData("X-Micro-Endpoint")]
    [InlineData("Micro-Endpoint")]
    public async Task Call_MethodInHeader_IsAnsweredInTheFormItCameIn(string header)
    {
        await using var gateway = await StartAsync(AddPong);
        (string, string)[] headers = [(header, "Monitor.HealthChecks"), ("X-Micro-Service", "go.micro.srv.monitor"), ("Micro-Id", "42")];

        Assert.StartsWith("{\"healthchecks\":[{\"id\":\"pong\"", await gateway.CallJsonAsync("""{"id":"pong"}""", headers), StringComparison.Ordinal);
        Assert.StartsWith("{\"id\":3,\"result\":{\"healthchecks\":[{\"id\":\"pong\"", await gateway.CallJsonAsync("""{"id":3,"params":[{"id":"pong"}]}""", headers), StringComparison.Ordinal);

        var bare = await CallAsync(gateway, new HealthChecksRequest { Id = "pong" }.ToByteArray(), headers);
        Assert.Equal("pong", HealthChecksResponse.Parser.ParseFrom(bare.Body).Healthchecks.Single().Id);
        Assert.Equal("42", bare.Headers.GetValues("Micro-Id").Single());
        Assert.Equal(2, HealthChecksResponse.Parser.ParseFrom((await CallAsync(gateway, [], headers)).Body).Healthchecks.Count);
    }

    [Fact]
    public async Task Call_MethodInHeaderFails_ErrorIsInHeaders()
    {
        await using var gateway = await StartAsync(AddPong);
        var (answer, body) = await CallAsync(gateway, new StatusRequest { Id = "nope" }.ToByteArray(), ("Micro-Endpoint", "Monitor.Status"));
        Assert.Empty(body);
        const string Expected = """{"id":"go.micro.srv.monitor.Monitor.Status","code":500,"detail":"not found","status":"Internal Server Error"}""";
        Assert.Equal(Expected, answer.GetValues("Micro-Error").Single());
        Assert.Equal(Expected, answer.GetValues("X-Micro-Error").Single());
    }

    [Fact]
    public async Task Call_UnknownContentType_IsAnsweredAsTheOriginalDid()
    {
        await using var gateway = await StartAsync(AddPong);
        using var content = new StringContent("x", null, "text/html");
        using var response = await gateway.Http.PostAsync(gateway.Rpc, content, GatewayFixture.Limit);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("Unsupported Content-Type: text/html; charset=utf-8", await response.Content.ReadAsStringAsync(GatewayFixture.Limit));
    }

    [Theory]
    [InlineData("GET", "/any/path")]
    [InlineData("PUT", "/v1/healthchecks")]
    [InlineData("POST", "/health/live")]
    public async Task Call_PathAndMethodOfHttp_DoNotMatter(string method, string path)
    {
        await using var gateway = await StartAsync(AddPong);
        using var request = new HttpRequestMessage(new(method), new Uri(gateway.Rpc, path)) { Content = Json("""{"method":"Debug.Health","id":1}""") };
        using var response = await gateway.Http.SendAsync(request, GatewayFixture.Limit);
        Assert.StartsWith("""{"id":1,"result":{"status":"ok"}""", await response.Content.ReadAsStringAsync(GatewayFixture.Limit), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_Timeout_IsInNanosecondsAndHonoured()
    {
        await using var gateway = await StartAsync(AddPong);
        var held = new TaskCompletionSource();
        gateway.Gateway.Cluster.Hold = held.Task;

        var call = gateway.CallJsonAsync("""{"method":"Monitor.HealthChecks","params":[{"id":"pong"}],"id":1}""", ("Timeout", "5000000000"));
        await Testing.Eventually.UntilAsync("the grain is asked", () => gateway.Gateway.Cluster.Held > 0);
        gateway.Clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(call.IsCompleted);
        gateway.Clock.Advance(TimeSpan.FromSeconds(0.2));

        Assert.Contains("""\"code\":408,\"detail\":\"request timed out\",\"status\":\"Request Timeout\"}""", Unescape(await call), StringComparison.Ordinal);
        held.SetResult();
    }

    [Fact]
    public async Task Call_HeadersThatWouldHarmTheAnswer_AreNotEchoed()
    {
        await using var gateway = await StartAsync(AddPong);
        var request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 30\r\nAuthorization: secret\r\nCookie: secret\r\nContent-Encoding: gzip\r\n"
            + "Odd: caf\u00e9\r\nMine: kept\r\n\r\n{\"method\":\"Debug.Health\"}      ";
        var answer = await RawHttp.ExchangeAsync(gateway.Rpc, System.Text.Encoding.UTF8.GetBytes(request));
        Assert.Equal("HTTP/1.1 200 OK", answer.FirstLine);
        Assert.Equal("kept", answer.Headers["Mine"]);
        Assert.Empty(answer.Headers.Keys.Intersect(["Host", "Authorization", "Cookie", "Content-Encoding", "Odd"]));
    }

    [Fact]
    public async Task Calls_AreCounted()
    {
        await using var gateway = await StartAsync(AddPong);
        using var listener = new MeterListener();
        var counted = new System.Collections.Concurrent.ConcurrentQueue<string>();
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Meter.Name == "Monitor.Gateway.GoMicro") own.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => counted.Enqueue($"{instrument.Name} {tags[0].Value} {tags[1].Value} {value}"));
        listener.Start();

        await gateway.CallJsonAsync("""{"method":"Debug.Health"}""");
        gateway.Clock.Advance(TimeSpan.FromSeconds(90));
        await gateway.CallJsonAsync("""{"method":"made-up.Method"}""");
        await gateway.PublishAsync(Json(Envelope()));
        var stats = JsonDocument.Parse(await gateway.CallJsonAsync("""{"method":"Debug.Stats"}""")).RootElement.GetProperty("result");

        Assert.Contains("monitor.gomicro.calls accepted Debug.Health 1", counted);
        Assert.Contains("monitor.gomicro.calls refused none 1", counted);
        Assert.Contains("monitor.gomicro.messages accepted micro.monitor.healthcheck 1", counted);
        Assert.Equal((2, 1, 1), (stats.GetProperty("requests").GetInt32(), stats.GetProperty("errors").GetInt32(), stats.GetProperty("messages_accepted").GetInt32()));
        Assert.Equal((RecordedAt.ToUnixTimeSeconds(), 90), (stats.GetProperty("started").GetInt64(), stats.GetProperty("uptime").GetInt64()));
        Assert.True(stats.GetProperty("memory").GetInt64() > 0);
    }

    private static string Unescape(string json) => JsonDocument.Parse(json).RootElement.GetProperty("error").GetRawText().Replace("\\u0022", "\\\"", StringComparison.Ordinal);

    private static ByteArrayContent Protobuf(byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/protobuf");
        return content;
    }

    private static async Task<(HttpResponseHeaders Headers, byte[] Body)> CallAsync(GoMicroGateway gateway, byte[] body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, gateway.Rpc) { Content = Protobuf(body) };
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        using var response = await gateway.Http.SendAsync(request, GatewayFixture.Limit);
        return (response.Headers, await response.Content.ReadAsByteArrayAsync(GatewayFixture.Limit));
    }
}
