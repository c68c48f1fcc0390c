using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Monitor.Protocol;

namespace Monitor.Gateway.Tests.GoMicro;

/// <summary>Today's go-micro over gRPC: its paths, and the headers that it sends with each call.</summary>
public sealed class GrpcTests
{
    [Theory]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc")]
    public async Task Call_AsGoMicroMakesIt_IsAnswered(string contentType)
    {
        await using var gateway = await GatewayFixture.StartAsync(cluster => cluster.Add("go-server", "node-1").With("ping"));
        using var http = new HttpClient(new SocketsHttpHandler()) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{gateway.Channel.Target}/go.micro.srv.monitor.Monitor/HealthChecks")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Message(new HealthChecksRequest { Id = "ping" })),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        foreach (var (name, value) in new[]
        {
            ("timeout", "5000000000"), ("x-content-type", "application/grpc+proto"), ("micro-service", "go.micro.srv.monitor"), ("micro-method", "Monitor.HealthChecks"),
            ("micro-endpoint", "Monitor.HealthChecks"), ("micro-from-service", "go-server"), ("grpc-timeout", "5S"), ("te", "trailers"),
        })
        {
            request.Headers.Add(name, value);
        }

        using var response = await http.SendAsync(request, GatewayFixture.Limit);
        var body = await response.Content.ReadAsByteArrayAsync(GatewayFixture.Limit);

        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.Equal("ping", HealthChecksResponse.Parser.ParseFrom(body.AsSpan(5)).Healthchecks.Single().Id);
    }

    private static byte[] Message(HealthChecksRequest message)
    {
        var bytes = new byte[5 + message.CalculateSize()];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), message.CalculateSize());
        message.WriteTo(bytes.AsSpan(5));
        return bytes;
    }
}
