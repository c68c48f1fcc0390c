using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Monitor.Gateway.Tests.Fakes;
using Monitor.Protocol;

namespace Monitor.Gateway.Tests.GoMicro;

/// <summary>Today's go-micro over gRPC: its paths, and the headers that it sends with each call.</summary>
public sealed class GrpcTests
{
    private static readonly Dictionary<string, (IMessage Request, MessageParser Answer)> Methods = new()
    {
        ["HealthChecks"] = (new HealthChecksRequest { Id = "ping" }, HealthChecksResponse.Parser),
        ["Services"] = (new ServicesRequest { Service = "go-server" }, ServicesResponse.Parser),
        ["Status"] = (new StatusRequest { Service = "go-server" }, StatusResponse.Parser),
        ["Stats"] = (new StatsRequest { Service = "go-server" }, StatsResponse.Parser),
    };

    [Theory]
    [InlineData("HealthChecks", "application/grpc+proto")]
    [InlineData("HealthChecks", "application/grpc")]
    [InlineData("Services", "application/grpc+proto")]
    [InlineData("Services", "application/grpc")]
    [InlineData("Status", "application/grpc+proto")]
    [InlineData("Status", "application/grpc")]
    [InlineData("Stats", "application/grpc+proto")]
    [InlineData("Stats", "application/grpc")]
    public async Task Call_AsGoMicroMakesIt_IsAnswered(string method, string contentType)
    {
        await using var gateway = await GatewayFixture.StartAsync(AddInstance);
        var (message, parser) = Methods[method];

        using var response = await CallAsync(gateway, method, contentType, message);
        var body = await response.Content.ReadAsByteArrayAsync(GatewayFixture.Limit);

        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.Equal(body.Length - 5, BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(1)));
        switch (parser.ParseFrom(body.AsSpan(5)))
        {
            case HealthChecksResponse checks:
                Assert.Equal(("ping", "go-server"), (checks.Healthchecks.Single().Id, checks.Healthchecks.Single().Service.Name));
                break;
            case ServicesResponse services:
                Assert.Equal("go-server", services.Services.Single().Name);
                break;
            case StatusResponse statuses:
                Assert.Equal((Status.Types.Status.Running, "go-server"), (statuses.Statuses.Single().Status_, statuses.Statuses.Single().Service.Name));
                break;
            case StatsResponse stats:
                Assert.Equal((7UL, "go-server"), (stats.Stats.Single().Cpu.UserTime, stats.Stats.Single().Service.Name));
                break;
        }
    }

    [Theory]
    [InlineData("Nope", "12")]
    [InlineData("HealthChecks", "3")]
    public async Task Call_ThatIsWrong_IsToldByStatusAndMessage(string method, string status)
    {
        await using var gateway = await GatewayFixture.StartAsync(AddInstance);

        using var response = await CallAsync(gateway, method, "application/grpc+proto", new HealthChecksRequest { Limit = 20_000 });

        await response.Content.ReadAsByteArrayAsync(GatewayFixture.Limit);
        var trailers = response.TrailingHeaders.Any() ? response.TrailingHeaders : response.Headers;
        Assert.Equal(status, trailers.GetValues("grpc-status").Single());
        Assert.NotEmpty(trailers.GetValues("grpc-message").Single());
    }

    private static void AddInstance(FakeCluster cluster)
    {
        var instance = cluster.Add("go-server", "node-1").With("ping");
        instance.LatestStatus = new() { Service = instance.Service, Status_ = Status.Types.Status.Running, Timestamp = 1 };
        instance.LatestStats = new() { Service = instance.Service, Cpu = new() { UserTime = 7 }, Timestamp = 1 };
    }

    private static async Task<HttpResponseMessage> CallAsync(GatewayFixture gateway, string method, string contentType, IMessage message)
    {
        using var http = new HttpClient(new SocketsHttpHandler()) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{gateway.Channel.Target}/go.micro.srv.monitor.Monitor/{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Framed(message)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        foreach (var (name, value) in new[]
        {
            ("timeout", "5000000000"), ("x-content-type", "application/grpc+proto"), ("micro-service", "go.micro.srv.monitor"), ("micro-method", $"Monitor.{method}"),
            ("micro-endpoint", $"Monitor.{method}"), ("micro-from-service", "go-server"), ("grpc-timeout", "5S"), ("te", "trailers"),
        })
        {
            request.Headers.Add(name, value);
        }

        return await http.SendAsync(request, GatewayFixture.Limit);
    }

    private static byte[] Framed(IMessage message)
    {
        var bytes = new byte[5 + message.CalculateSize()];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), message.CalculateSize());
        message.WriteTo(bytes.AsSpan(5));
        return bytes;
    }
}
