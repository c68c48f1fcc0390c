using System.Net.Http.Headers;
using Google.Protobuf;
using Monitor.Journal;
using Monitor.Protocol;
using static Monitor.Gateway.Tests.GoMicro.GoMicroGateway;

namespace Monitor.Gateway.Tests.GoMicro.Broker;

/// <summary>What comes to the broker's subscriber, in each of its forms.</summary>
public sealed class EnvelopeTests
{
    private const string CheckAsJson = """
        {"id":"check","timestamp":1795362099,"interval":60,"ttl":3600,"service":{"name":"go-server","version":"1.0.0","nodes":[{"id":"node-1"}]},"status":1}
        """;

    private static readonly string Base64 = Convert.ToBase64String(Check().ToByteArray());
    private static readonly string JsonInBase64 = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(CheckAsJson));

    public static TheoryData<string, string> Good => new()
    {
        { "keys in lower case", $$$"""{"header":{":topic":"micro.monitor.healthcheck","content-type":"application/protobuf"},"body":"{{{Base64}}}"}""" },
        { "keys in upper case", $$$"""{"HEADER":{":TOPIC":"micro.monitor.healthcheck","CONTENT-TYPE":"application/protobuf"},"BODY":"{{{Base64}}}"}""" },
        { "body before header", $$$"""{"Body":"{{{Base64}}}","Header":{":topic":"micro.monitor.healthcheck","Content-Type":"application/protobuf"}}""" },
        { "unknown keys", $$$"""{"Extra":[{"a":[1,2]}],"Header":{":topic":"micro.monitor.healthcheck","Content-Type":"application/protobuf","X-Micro-From-Service":"go-server"},"Body":"{{{Base64}}}"}""" },
        { "the last one counts", $$$"""{"Body":"AAAA","Header":{":topic":"other","Content-Type":"text/plain"},"Header":{":topic":"micro.monitor.healthcheck","Content-Type":"application/protobuf"},"Body":"{{{Base64}}}"}""" },
        { "escapes", $$$"""{"\u0048eader":{"\u003atopic":"micro\u002emonitor.healthcheck","Content-Type":"application\/protobuf"},"Body":"{{{Base64.Replace("/", "\\/", StringComparison.Ordinal)}}}"}""" },
        { "white space", $$$""" { "Header" : { ":topic" : "micro.monitor.healthcheck" , "Content-Type" : "application/protobuf" } , "Body" : "{{{Base64}}}" } """ },
        { "X-Micro-Topic", $$$"""{"Header":{"X-Micro-Topic":"micro.monitor.healthcheck","X-Micro-Id":"1","Content-Type":"application/protobuf"},"Body":"{{{Base64}}}"}""" },
        { "Micro-Topic", $$$"""{"Header":{"Micro-Topic":"micro.monitor.healthcheck","Micro-Id":"1","Content-Type":"application/protobuf"},"Body":"{{{Base64}}}"}""" },
        { "octet-stream", $$$"""{"Header":{":topic":"micro.monitor.healthcheck","Content-Type":"application/octet-stream"},"Body":"{{{Base64}}}"}""" },
        { "proto-rpc", $$$"""{"Header":{":topic":"micro.monitor.healthcheck","Content-Type":"application/proto-rpc"},"Body":"{{{Base64}}}"}""" },
        { "json", $$$"""{"Header":{":topic":"micro.monitor.healthcheck","Content-Type":"application/json"},"Body":"{{{JsonInBase64}}}"}""" },
        { "json-rpc, with a parameter", $$$"""{"Header":{":topic":"micro.monitor.healthcheck","Content-Type":"application/json-rpc; charset=utf-8"},"Body":"{{{JsonInBase64}}}"}""" },
        { "no content type, protobuf", $$$"""{"Header":{":topic":"micro.monitor.healthcheck"},"Body":"{{{Base64}}}"}""" },
        { "no content type, json", $$$"""{"Header":{":topic":"micro.monitor.healthcheck","Content-Type":null},"Body":"{{{JsonInBase64}}}"}""" },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public async Task Publish_Envelope_IsTaken(string what, string envelope)
    {
        await using var gateway = await StartAsync();

        Assert.Equal((200, ""), await gateway.PublishAsync(Json(envelope)));

        var payload = Assert.Single(gateway.Log.Payloads);
        Assert.Equal(Check(), Assert.Single(payload.Reports).Healthcheck);
        Assert.Equal(("go-server", "node-1"), (payload.Service.Name, payload.Service.Id));
        Assert.NotEmpty(what);
    }

    public static TheoryData<string, int, string> Bad => new()
    {
        { "", 500, "Error parsing request body" },
        { "nonsense", 500, "Error parsing request body" },
        { "[]", 500, "the envelope is an array" },
        { "null", 500, "the envelope is null" },
        { "{}{}", 500, "Error parsing request body" },
        { "{", 500, "Error parsing request body" },
        { """{"Header":{":topic":1}}""", 500, "a value of Header is a number" },
        { """{"Header":"x"}""", 500, "Header is a string" },
        { """{"Header":{":topic":"micro.monitor.status"},"Body":"§"}""", 500, "Body is not base64" },
        { """{"Header":{":topic":"micro.monitor.status"},"Body":[1]}""", 500, "Body is not base64" },
        { """{"Header":{":topic":"\ud800"}}""", 500, "Error parsing request body" },
        { "{}", 500, "Topic not found" },
        { """{"Header":null,"Body":null}""", 500, "Topic not found" },
        { """{"Header":{":topic":"micro.monitor.other"},"Body":""}""", 404, "There is no subscription to topic 'micro.monitor.other'." },
        { """{"Header":{":topic":"micro.monitor.status","Content-Type":"text/html"},"Body":""}""", 415, "Unsupported Content-Type: text/html" },
        // What killed the original, or was dropped silently.
        { Envelope("micro.monitor.healthcheck", "application/protobuf", [0xFF, 0xFF, 0xFF]), 400, "healthcheck: It is malformed" },
        { Envelope("micro.monitor.healthcheck", "application/protobuf", []), 400, "healthcheck.id: It is required" },
        { Envelope("micro.monitor.status", "application/protobuf", new Status { Timestamp = 1_795_362_099 }.ToByteArray()), 400, "status.service.name: It is required" },
        { Envelope("micro.monitor.status", "application/protobuf", new Status { Timestamp = 1_795_362_099, Service = new() { Name = "s" } }.ToByteArray()), 400, "status.service.id: It is required" },
        { Envelope("micro.monitor.stats", "application/protobuf", new Stats { Timestamp = 1_795_362_099 }.ToByteArray()), 400, "stats.service.name: It is required" },
        { Envelope("micro.monitor.healthcheck", "application/json", [.. "{"u8]), 400, "It is no JSON" },
        { Envelope("micro.monitor.healthcheck", "application/json", [.. """{"interval":"soon"}"""u8]), 400, "interval: \\\"soon\\\" is not allowed" },
        { Envelope("micro.monitor.healthcheck", "application/json", [.. """{"service":{"nodes":[{"id":5}]}}"""u8]), 400, "service.nodes[0].id: 5 is not allowed" },
        { Envelope("micro.monitor.healthcheck", "application/json", [.. """{"results":{"a":"\ud800"}}"""u8]), 400, "It is not valid Unicode" },
        { Envelope("micro.monitor.healthcheck", "application/json", [.. """{"status":7}"""u8]), 400, "healthcheck.status: 7 is no known value" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Publish_BadMessage_SaysWhyAndIsCounted(string envelope, int status, string detail)
    {
        await using var gateway = await StartAsync();

        var (answered, text) = await gateway.PublishAsync(Json(envelope));

        Assert.Equal(status, answered);
        Assert.StartsWith($$"""{"id":"go.micro.broker","code":{{status}},"detail":""", text, StringComparison.Ordinal);
        Assert.Contains(detail, text, StringComparison.Ordinal);
        Assert.Empty(gateway.Log.Records);
        Assert.Contains("\"messages_refused\":1}", await gateway.CallJsonAsync("""{"method":"Debug.Stats","params":[{}],"id":1}"""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_StatsWithNaN_IsRefusedByName()
    {
        await using var gateway = await StartAsync();
        var stats = new Stats
        {
            Timestamp = 1_795_362_099,
            Service = Check().Service,
            Endpoints = { new Endpoint { Method = "M", Success = new() { Mean = double.NaN } } },
        };

        var (status, text) = await gateway.PublishAsync(Json(Envelope("micro.monitor.stats", "application/protobuf", stats.ToByteArray())));

        Assert.Equal(400, status);
        Assert.Contains("success.mean", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X-Micro-Topic", "application/protobuf")]
    [InlineData("Micro-Topic", "application/octet-stream")]
    [InlineData("micro-topic", "application/json")]
    public async Task Publish_TopicInHttpHeader_TakesTheBareBodyOnEitherPort(string header, string contentType)
    {
        await using var gateway = await StartAsync();
        var body = contentType.EndsWith("json", StringComparison.Ordinal) ? System.Text.Encoding.UTF8.GetBytes(CheckAsJson) : Check().ToByteArray();
        foreach (var to in new[] { gateway.Broker, gateway.Rpc })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, to) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
            request.Headers.Add(header, "micro.monitor.healthcheck");
            using var response = await gateway.Http.SendAsync(request, GatewayFixture.Limit);
            Assert.Equal("", await response.Content.ReadAsStringAsync(GatewayFixture.Limit));
            Assert.Equal(200, (int)response.StatusCode);
        }
        Assert.All(gateway.Log.Payloads, payload => Assert.Equal(Check(), payload.Reports.Single().Healthcheck));
        Assert.Equal(2, gateway.Log.Records.Count);
    }

    [Fact]
    public async Task Get_IsAnsweredAsTheOriginalDid()
    {
        await using var gateway = await StartAsync();
        using var response = await gateway.Http.GetAsync(new Uri(gateway.Broker, "/_sub"), GatewayFixture.Limit);
        Assert.Equal(405, (int)response.StatusCode);
        Assert.Equal(
            "{\"id\":\"go.micro.broker\",\"code\":400,\"detail\":\"Method not allowed\",\"status\":\"Bad Request\"}\n",
            await response.Content.ReadAsStringAsync(GatewayFixture.Limit));
    }

    [Fact]
    public async Task Publish_ForAnotherSubscriber_IsRefused()
    {
        await using var gateway = await StartAsync();

        var (status, text) = await gateway.PublishAsync(Json(Envelope()), "?id=broker-other");

        Assert.Equal(404, status);
        Assert.Contains("There is no subscriber 'broker-other' here.", text, StringComparison.Ordinal);
        Assert.Empty(gateway.Log.Records);
        Assert.Equal((200, ""), await gateway.PublishAsync(Json(Envelope()), $"?id={gateway.SubscriptionOf("micro.monitor.healthcheck")}"));
    }

    [Fact]
    public async Task Publish_IsAnsweredOnlyOnceDurable()
    {
        await using var gateway = await StartAsync();
        gateway.Log.Hold = true;

        var publish = gateway.PublishAsync(Json(Envelope()));
        await gateway.Log.ReachedAsync(1);
        Assert.False(publish.IsCompleted);
        gateway.Log.Complete(0);

        Assert.Equal((200, ""), await publish);
    }

    [Fact]
    public async Task Publish_JournalIsAway_SaysTryAgain()
    {
        await using var gateway = await StartAsync();
        gateway.Log.Failure = new JournalUnavailableException("disk full");

        var (status, text) = await gateway.PublishAsync(Json(Envelope()));

        Assert.Equal(503, status);
        Assert.Contains("disk full", text, StringComparison.Ordinal);
        Assert.Contains("\"messages_failed\":1}", await gateway.CallJsonAsync("""{"method":"Debug.Stats","params":[{}],"id":1}"""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_TheSameTwice_HasTheSameBytes()
    {
        // By which the instance tells it a duplicate.
        await using var gateway = await StartAsync();
        foreach (var _ in Enumerable.Range(0, 2)) Assert.Equal((200, ""), await gateway.PublishAsync(Json(Envelope())));
        Assert.Equal(gateway.Log.Records[0].Payload, gateway.Log.Records[1].Payload);
    }
}
