using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Monitor.Gateway.Ingest;
using Monitor.Testing.GoMicro;
using static Monitor.Gateway.Tests.GoMicro.GoMicroGateway;

namespace Monitor.Gateway.Tests.GoMicro;

/// <summary>Malformed and hostile input on both ports: a clear error, nothing lost, and the gateway goes on.</summary>
public sealed class HostileInputTests
{
    private const int Seed = 20161001;

    [Fact]
    public async Task Broker_FuzzedEnvelopes_AnswersEach()
    {
        await using var gateway = await StartAsync();
        var random = new Random(Seed);
        var good = Encoding.UTF8.GetBytes(Envelope());
        var taken = 0;
        for (var i = 0; i < 1500; i++)
        {
            using var content = new ByteArrayContent(Spoil(good, random));
            using var response = await gateway.Http.PostAsync(gateway.Broker, content, GatewayFixture.Limit);
            var text = await response.Content.ReadAsStringAsync(GatewayFixture.Limit);
            if ((int)response.StatusCode == 200) taken++;
            else Assert.True((int)response.StatusCode is 400 or 404 or 415 or 500 && text.StartsWith("{\"id\":\"go.micro.broker\"", StringComparison.Ordinal), $"Round {i}: {response.StatusCode} {text}");
        }
        // What got a 200 is in the journal, and nothing else is.
        Assert.Equal(taken, gateway.Log.Records.Count);
        await LivesAsync(gateway);
    }

    [Fact]
    public async Task Broker_FuzzedBodies_AnswersEach()
    {
        await using var gateway = await StartAsync();
        var random = new Random(Seed);
        var taken = 0;
        string[] contentTypes = ["application/protobuf", "application/json", ""];
        string[] topics = ["micro.monitor.healthcheck", "micro.monitor.status", "micro.monitor.stats"];
        for (var i = 0; i < 1500; i++)
        {
            var body = Spoil(i % 2 == 0 ? Check().ToByteArray() : Encoding.UTF8.GetBytes("""{"id":"a","timestamp":1795362099,"results":{"a":"b"},"service":{"name":"s","nodes":[{"id":"n"}]}}"""), random);
            var (status, text) = await gateway.PublishAsync(Json(Envelope(topics[i % 3], contentTypes[random.Next(3)], body)));
            if (status == 200) taken++;
            else Assert.True(status == 400, $"Round {i}: {status} {text}");
        }
        Assert.Equal(taken, gateway.Log.Records.Count);
        await LivesAsync(gateway);
    }

    [Fact]
    public async Task Rpc_FuzzedCalls_AnswersEach()
    {
        await using var gateway = await StartAsync(cluster => cluster.Add("go-server", "node-1").With("ping"));
        var random = new Random(Seed);
        var frames = RawHttp.Recorded("rpc-02-Monitor.HealthChecks.req.http").Body;
        var answered = 0;
        var json = Encoding.UTF8.GetBytes("""{"method":"Monitor.HealthChecks","params":[{"service":"go-server","status":2,"limit":5}],"id":7}""");
        for (var i = 0; i < 1500; i++)
        {
            using var content = new ByteArrayContent(Spoil(i % 2 == 0 ? frames : json, random));
            content.Headers.ContentType = new MediaTypeHeaderValue(i % 2 == 0 ? "application/octet-stream" : "application/json");
            if (random.Next(4) == 0) content.Headers.Add("Micro-Endpoint", "Monitor.HealthChecks");
            using var response = await gateway.Http.PostAsync(gateway.Rpc, content, GatewayFixture.Limit);
            var body = await response.Content.ReadAsByteArrayAsync(GatewayFixture.Limit);
            Assert.Equal(200, (int)response.StatusCode);
            var error = RpcErrors.Of(response, body);
            // An answer, or words that say what is wrong.
            if (error.Length == 0) answered++;
            else Assert.True(RpcErrors.IsClear(error), $"Round {i}: {error}");
        }
        Assert.InRange(answered, 1, 1499);
        await LivesAsync(gateway);
    }

    [Fact]
    public async Task Broker_BodyTooLarge_IsRefused()
    {
        await using var gateway = await StartAsync();
        var answer = await RawHttp.ExchangeAsync(
            gateway.Broker, Encoding.ASCII.GetBytes("POST /_sub HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2000000000\r\n\r\n{"));
        Assert.StartsWith("HTTP/1.1 413", answer.FirstLine, StringComparison.Ordinal);
        Assert.Contains("\"code\":413,\"detail\":\"Error reading request body: The body is too large; at most", Encoding.UTF8.GetString(answer.Body), StringComparison.Ordinal);
        await LivesAsync(gateway);
    }

    [Fact]
    public async Task Broker_BodyTooLargeInChunks_IsRefused()
    {
        await using var gateway = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, gateway.Broker) { Content = new ByteArrayContent(new byte[8 * 1024 * 1024]) };
        request.Headers.TransferEncodingChunked = true;
        request.Headers.ExpectContinue = true;
        using var response = await gateway.Http.SendAsync(request, GatewayFixture.Limit);
        Assert.Equal(413, (int)response.StatusCode);
        await LivesAsync(gateway);
    }

    [Fact]
    public async Task Broker_ReportTooLarge_IsRefusedByItsField()
    {
        await using var gateway = await StartAsync();
        var check = Check();
        check.Description = new string('x', 100_000);
        var (status, text) = await gateway.PublishAsync(Json(Envelope(check)));
        Assert.Equal(400, status);
        Assert.Contains("healthcheck.description: It has 100000 bytes", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rpc_CallTooLarge_IsRefused()
    {
        await using var gateway = await StartAsync();
        var answer = await RawHttp.ExchangeAsync(
            gateway.Rpc, Encoding.ASCII.GetBytes("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n{"));
        Assert.StartsWith("HTTP/1.1 413", answer.FirstLine, StringComparison.Ordinal);
        await LivesAsync(gateway);
    }

    [Fact]
    public async Task Broker_SlowClient_IsToldAndLetGo()
    {
        await using var gateway = await StartAsync(services: all => all.Configure<KestrelServerOptions>(kestrel =>
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(100_000, TimeSpan.FromSeconds(1.5))));
        var answer = await RawHttp.ExchangeAsync(
            gateway.Broker, Encoding.ASCII.GetBytes("POST /_sub HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"));
        Assert.StartsWith("HTTP/1.1 408", answer.FirstLine, StringComparison.Ordinal);
        await LivesAsync(gateway);
    }

    [Fact]
    public async Task Broker_ClientGoesAwayInTheMiddle_HoldsNothing()
    {
        await using var gateway = await StartAsync(configure: options => options.MaxInFlightBytes = 8 * 1024 * 1024);
        for (var i = 0; i < 50; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(gateway.Broker.Host, gateway.Broker.Port, GatewayFixture.Limit);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST /_sub HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n{new string('x', 200_000)}"), GatewayFixture.Limit);
            client.LingerState = new(true, 0);
        }
        await Testing.Eventually.UntilAsync("what they held is free again", async _ => (await gateway.PublishAsync(Json(Envelope()))).Status == 200);
        var admission = gateway.Gateway.Services.GetRequiredService<IngestAdmission>();
        await Testing.Eventually.UntilAsync("all of it", () => Free(admission, 8 * 1024 * 1024));
    }

    [Fact]
    public async Task Broker_ManyBodiesAtOnce_AreBoundedAndTheRestIsToldToTryAgain()
    {
        await using var gateway = await StartAsync(configure: options => options.MaxInFlightBytes = 8 * 1024 * 1024);
        var clients = new List<TcpClient>();
        try
        {
            // Four of them fill it, each with more than a mebibyte that has arrived and no end.
            for (var i = 0; i < 8; i++)
            {
                var client = new TcpClient();
                clients.Add(client);
                await client.ConnectAsync(gateway.Broker.Host, gateway.Broker.Port, GatewayFixture.Limit);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("POST /_sub HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n"), GatewayFixture.Limit);
                _ = client.GetStream().WriteAsync(new byte[1_200_000], GatewayFixture.Limit).AsTask().ContinueWith(static _ => { }, TaskScheduler.Default);
            }
            var answers = clients.Select(client => RawHttp.ReadAsync(client.GetStream())).ToArray();
            var refused = await await Task.WhenAny(answers);
            Assert.StartsWith("HTTP/1.1 429", refused.FirstLine, StringComparison.Ordinal);
            Assert.Equal("1", refused.Headers["Retry-After"]);
        }
        finally
        {
            foreach (var client in clients) client.Dispose();
        }
        await Testing.Eventually.UntilAsync("what they held is free again", async _ => (await gateway.PublishAsync(Json(Envelope()))).Status == 200);
    }

    [Fact]
    public async Task Rpc_NonsenseInsteadOfHttp_IsClosed()
    {
        await using var gateway = await StartAsync();
        var random = new Random(Seed);
        foreach (var to in new[] { gateway.Broker, gateway.Rpc })
        {
            var bytes = new byte[4096];
            random.NextBytes(bytes);
            using var client = new TcpClient();
            await client.ConnectAsync(to.Host, to.Port, GatewayFixture.Limit);
            var stream = client.GetStream();
            await stream.WriteAsync(bytes, GatewayFixture.Limit);
            try
            {
                client.Client.Shutdown(SocketShutdown.Send);
                while (await stream.ReadAsync(bytes, GatewayFixture.Limit) > 0)
                {
                }
            }
            catch (Exception closed) when (closed is IOException or SocketException)
            {
                // Closed with what it sent unread: as good.
            }
        }
        await LivesAsync(gateway);
    }

    [Fact]
    public async Task Rpc_DeepJson_IsRefused()
    {
        await using var gateway = await StartAsync();
        var answer = await gateway.CallJsonAsync(new string('[', 100_000));
        Assert.Contains("It is no JSON", answer, StringComparison.Ordinal);
        var (status, _) = await gateway.PublishAsync(Json($"{{\"a\":{new string('[', 100_000)}"));
        Assert.Equal(500, status);
        await LivesAsync(gateway);
    }

    private static bool Free(IngestAdmission admission, int bytes)
    {
        try
        {
            admission.Enter(bytes);
            admission.Leave(bytes);
            return true;
        }
        catch (Grpc.Core.RpcException)
        {
            return false;
        }
    }

    private static async Task LivesAsync(GoMicroGateway gateway)
    {
        Assert.Equal((200, ""), await gateway.PublishAsync(Json(Envelope())));
        Assert.Contains("\"status\":\"ok\"", await gateway.CallJsonAsync("""{"method":"Debug.Health"}"""), StringComparison.Ordinal);
    }

    private static byte[] Spoil(byte[] good, Random random)
    {
        var bytes = good.ToList();
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.Insert(at, (byte)random.Next(256)); break;
                case 3: bytes.RemoveRange(at, random.Next(bytes.Count - at)); break;
                case 4: bytes.InsertRange(at, bytes.GetRange(at, random.Next(bytes.Count - at))); break;
                default: bytes[at] = (byte)"{}[]\",:\\0-e"[random.Next(11)]; break;
            }
            if (bytes.Count == 0) bytes.Add(0);
        }
        return [.. bytes];
    }
}
