using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Monitor.Gateway.Tests.GoMicro;

/// <summary>Clients that hold a connection and say little on it.</summary>
public sealed class SlowClientTests
{
    [Fact]
    public async Task Headers_TimeForThem_IsBoundedWhereNothingIsSet()
    {
        await using var gateway = await GoMicroGateway.StartAsync();

        var limits = gateway.Gateway.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(130)), (limits.RequestHeadersTimeout, limits.KeepAliveTimeout));
    }

    [Theory]
    [InlineData("")]
    [InlineData("POST /_sub HTTP/1.1\r\nHost: a\r\n")]
    public async Task BothPorts_HeadersThatNeverEnd_AreLetGo(string begun)
    {
        await using var gateway = await GoMicroGateway.StartAsync(services: all => all.Configure<KestrelServerOptions>(kestrel =>
            (kestrel.Limits.RequestHeadersTimeout, kestrel.Limits.KeepAliveTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1))));
        foreach (var to in new[] { gateway.Broker, gateway.Rpc })
        {
            using var client = new TcpClient();
            await client.ConnectAsync(to.Host, to.Port, GatewayFixture.Limit);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(begun), GatewayFixture.Limit);
            using var received = new StreamReader(stream, Encoding.ASCII);
            var answer = await received.ReadToEndAsync(GatewayFixture.Limit);
            if (begun.Length > 0) Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
            else Assert.Empty(answer);
        }
        Assert.Equal(200, (await gateway.PublishAsync(GoMicroGateway.Json(GoMicroGateway.Envelope()))).Status);
    }
}
