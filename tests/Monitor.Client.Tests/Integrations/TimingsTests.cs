using System.Net;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monitor.Client.Tests.Server;
using Endpoint = Monitor.Protocol.Endpoint;

namespace Monitor.Client.Tests.Integrations;

/// <summary>An application that serves gRPC and HTTP, calls itself, and reports both ends.</summary>
public sealed class TimingsTests : ReporterTest
{
    private static readonly string[] texts = ["fine", "fine", "fail", "late"];

    [Fact]
    public async Task GrpcCalls_OfEachKind_AreTimedByTheServerAndNotByTheMiddleware()
    {
        await using var app = await StartAppAsync();
        using var channel = GrpcChannel.ForAddress(Address(app, 1));
        await CallAllAsync(new Echo.EchoClient(channel));
        AssertTimed(await EndpointsAsync(app));
    }

    [Fact]
    public async Task GrpcCalls_OfEachKind_AreTimedByTheClient()
    {
        await using var reporter = await StartAsync();
        await using var app = await StartAppAsync(intercept: false);
        using var channel = GrpcChannel.ForAddress(Address(app, 1));
        var client = new Echo.EchoClient(channel.Intercept(new MonitorClientInterceptor(reporter)));
        await CallAllAsync(client);
        client.Unary(new EchoMessage { Text = "fine" }, cancellationToken: Cancelled);
        Assert.Throws<RpcException>(() => client.Unary(new EchoMessage { Text = "fail" }, cancellationToken: Cancelled));

        await reporter.FlushAsync(Cancelled);

        var endpoints = Reported();
        var unary = endpoints.Single(endpoint => endpoint.Method == "Unary");
        Assert.Equal((3, 2, 1), (unary.Success.Count, unary.Errors.Count, unary.Dropped.Count));
        endpoints.Remove(unary);
        AssertTimed(endpoints, "ClientStream", "Duplex", "ServerStream");
    }

    [Fact]
    public async Task ClientStream_DisposedBeforeItsEnd_IsASuccess()
    {
        await using var reporter = await StartAsync();
        await using var app = await StartAppAsync(intercept: false);
        using var channel = GrpcChannel.ForAddress(Address(app, 1));
        using (new Echo.EchoClient(channel.Intercept(new MonitorClientInterceptor(reporter))).Duplex(cancellationToken: Cancelled))
        {
            // Only opened.
        }

        await reporter.FlushAsync(Cancelled);
        Assert.Equal(1, Assert.Single(Reported()).Success.Count);
    }

    [Fact]
    public async Task HttpRequests_OfEachOutcome_AreTimedByRoute()
    {
        await using var app = await StartAppAsync();
        using var http = new HttpClient { BaseAddress = Address(app, 0) };
        foreach (var path in new[] { "orders/1", "orders/2", "orders/500", "orders/504", "orders/404", "orders/throw", "nowhere/1", "nowhere/2" })
            await http.GetAsync(new Uri(path, UriKind.Relative), Cancelled);

        var endpoints = await EndpointsAsync(app);

        var orders = endpoints.Single(endpoint => endpoint.Method == "GET /orders/{id}");
        Assert.Equal(("orders", 3, 2, 1), (orders.Service, orders.Success.Count, orders.Errors.Count, orders.Dropped.Count));
        Assert.Equal(2, endpoints.Single(endpoint => endpoint.Method == "unmatched").Success.Count);
        Assert.Equal(2, endpoints.Count);
    }

    [Fact]
    public async Task HttpClient_OfAFactory_IsTimed()
    {
        await using var app = await StartAppAsync();
        using var http = app.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        var address = Address(app, 0);
        await http.GetAsync(new Uri(address, "orders/1"), Cancelled);
        await http.GetAsync(new Uri(address, "orders/404"), Cancelled);
        await http.GetAsync(new Uri(address, "orders/504"), Cancelled);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => http.GetAsync(new Uri(address, "orders/1"), cancelled.Token));

        var called = (await EndpointsAsync(app)).Single(endpoint => endpoint.Service == address.Authority);

        Assert.Equal(("GET", 1, 1, 2), (called.Method, called.Success.Count, called.Errors.Count, called.Dropped.Count));
        Assert.InRange(called.Success.Mean, 1_000, 60_000_000_000);
    }

    private static void AssertTimed(IReadOnlyList<Endpoint> endpoints, params string[] methods)
    {
        Assert.Equal(methods.Length > 0 ? methods : ["ClientStream", "Duplex", "ServerStream", "Unary"], endpoints.Select(endpoint => endpoint.Method));
        Assert.All(endpoints, endpoint =>
        {
            Assert.Equal(("echo.Echo", 2, 1, 1), (endpoint.Service, endpoint.Success.Count, endpoint.Errors.Count, endpoint.Dropped.Count));
            Assert.True(endpoint.Success.Mean > 0 && endpoint.Success.Upper95 >= endpoint.Success.Mean * 0.9);
        });
    }

    private static async Task CallAllAsync(Echo.EchoClient client)
    {
        foreach (var text in texts)
        {
            var message = new EchoMessage { Text = text };
            await QuietlyAsync(async () => await client.UnaryAsync(message, cancellationToken: Cancelled));
            await QuietlyAsync(async () =>
            {
                using var call = client.ClientStream(cancellationToken: Cancelled);
                await call.RequestStream.WriteAsync(message, Cancelled);
                await call.RequestStream.CompleteAsync();
                await call;
            });
            await QuietlyAsync(async () =>
            {
                using var call = client.ServerStream(message, cancellationToken: Cancelled);
                await foreach (var answer in call.ResponseStream.ReadAllAsync(Cancelled)) Assert.Equal(text, answer.Text);
            });
            await QuietlyAsync(async () =>
            {
                using var call = client.Duplex(cancellationToken: Cancelled);
                await call.RequestStream.WriteAsync(message, Cancelled);
                await call.RequestStream.CompleteAsync();
                await foreach (var answer in call.ResponseStream.ReadAllAsync(Cancelled)) Assert.Equal(text, answer.Text);
            });
        }
    }

    private static async Task QuietlyAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (RpcException exception) when (exception.StatusCode is StatusCode.Internal or StatusCode.DeadlineExceeded)
        {
            // As asked.
        }
    }

    private static Uri Address(WebApplication app, int index) => new(app.Urls.ElementAt(index));

    private List<Endpoint> Reported() => [.. Server.Reports.Where(report => report.Stats is not null).SelectMany(report => report.Stats.Endpoints)];

    private async Task<List<Endpoint>> EndpointsAsync(WebApplication app)
    {
        await app.Services.GetRequiredService<IMonitorReporter>().FlushAsync(Cancelled);
        return Reported();
    }

    private async Task<WebApplication> StartAppAsync(bool intercept = true)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.AddMonitorReporter(options => (options.Server, options.Service, options.Interval) = (Server.Address, "orders", TimeSpan.FromHours(1)));
        builder.Services.AddHttpClient("orders").AddMonitorReporting();
        builder.Services.AddGrpc(grpc =>
        {
            if (intercept) grpc.Interceptors.Add<MonitorServerInterceptor>();
        });
        var app = builder.Build();
        app.UseMonitorReporting();
        app.UseRouting();
        app.MapGrpcService<EchoService>();
        app.MapGet("/orders/{id}", (string id) => id == "throw" ? throw new InvalidOperationException("thrown") : Results.StatusCode(int.Parse(id, null) is > 200 and var code ? code : 200));
        await app.StartAsync(Cancelled);
        return app;
    }
}
