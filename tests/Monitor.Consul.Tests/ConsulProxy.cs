using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Monitor.Consul.Tests;

/// <summary>Stands between a client and a real agent: records what is asked, and answers in the agent's place when it is told to.</summary>
public sealed class ConsulProxy : IAsyncDisposable
{
    private readonly HttpClient http;
    private readonly WebApplication application;

    private ConsulProxy(Uri target)
    {
        http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = target, Timeout = Timeout.InfiniteTimeSpan };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.WebHost.UseShutdownTimeout(TimeSpan.Zero);
        application = builder.Build();
        application.Run(ForwardAsync);
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>Method, path and query of each request, in order of arrival.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Answers in place of the agent where it does not answer null.</summary>
    public Func<HttpRequest, Task<(int Status, string Body)?>> Intercept { get; set; } = static _ => Task.FromResult<(int, string)?>(null);

    public static async Task<ConsulProxy> StartAsync(Uri target)
    {
        var proxy = new ConsulProxy(target);
        await proxy.application.StartAsync();
        proxy.Address = new(proxy.application.Urls.Single());
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await application.DisposeAsync();
        http.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        var path = context.Request.GetEncodedPathAndQuery();
        Requests.Enqueue($"{context.Request.Method} {path}");
        if (await Intercept(context.Request) is { } answer)
        {
            context.Response.StatusCode = answer.Status;
            await context.Response.WriteAsync(answer.Body, context.RequestAborted);
            return;
        }

        using var request = new HttpRequestMessage(new(context.Request.Method), new Uri(path, UriKind.Relative));
        if (context.Request.Method != "GET") request.Content = new StreamContent(context.Request.Body);
        using var response = await http.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        if (response.Headers.TryGetValues("X-Consul-Index", out var index)) context.Response.Headers["X-Consul-Index"] = index.First();
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
