using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Monitor.Gateway.GoMicro.Broker;
using Monitor.Gateway.GoMicro.Nats;
using Monitor.Gateway.GoMicro.Rpc;

namespace Monitor.Gateway.GoMicro;

/// <summary>Serves go-micro's wires on ports of their own, where that is enabled.</summary>
internal static class GoMicroHosting
{
    /// <summary>Adds the services, and has Kestrel listen on two more addresses. After the gateway's own: the order is that of the addresses.</summary>
    public static void AddGoMicro(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<GoMicroOptions>().Bind(builder.Configuration.GetSection(GoMicroOptions.Section)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GoMicroOptions>, GoMicroOptionsValidator>());
        services.AddSingleton<GoMicroMetrics>();
        services.AddSingleton<Subscriptions>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<Subscriber>(provider, BrokerWire.Http));
        services.AddSingleton<BrokerEndpoint>();
        services.AddSingleton<RpcMethods>();
        services.AddSingleton<RpcEndpoint>();
        services.AddHostedService<GoMicroAnnouncement>();
        AddNats(builder);
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<GoMicroOptions>>(static (kestrel, options) =>
        {
            if (!options.Value.Enabled) return;
            kestrel.Listen(options.Value.BrokerEndPoint!, static listen => Mark(listen, "/_sub", static context => Service<BrokerEndpoint>(context).HandleAsync(context)));
            kestrel.Listen(options.Value.RpcEndPoint!, static listen => Mark(listen, "/", static context => Service<RpcEndpoint>(context).HandleAsync(context)));
        });
    }

    /// <summary>Takes what comes in on these ports, whatever its path and method: there they say nothing, or are the wire's own.</summary>
    public static void UseGoMicro(this WebApplication app)
    {
        // Made now rather than at the first call: it tells since when it serves.
        app.Services.GetRequiredService<RpcMethods>();
        app.Use(static (context, next) =>
        {
            if (context.Features.Get<Wire>() is not { } wire) return next(context);
            // What the path happens to match elsewhere is not what is served: whoever names requests by their endpoint is to name this one.
            context.SetEndpoint(wire.Endpoint);
            return wire.Endpoint.RequestDelegate!(context);
        });
    }

    private static void AddNats(WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<GoMicroNatsOptions>().Bind(builder.Configuration.GetSection(GoMicroNatsOptions.Section)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GoMicroNatsOptions>, GoMicroNatsOptionsValidator>());
        services.AddSingleton(static _ => new GoMicroNatsStatus());
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<NatsIntake>(provider, ActivatorUtilities.CreateInstance<Subscriber>(provider, BrokerWire.Nats)));
        services.AddSingleton<JetStreamTopics>();
        services.AddHostedService<NatsSubscriber>();
    }

    private static void Mark(ListenOptions listen, string path, RequestDelegate handle)
    {
        var wire = new Wire(new RouteEndpoint(handle, RoutePatternFactory.Parse(path), 0, EndpointMetadataCollection.Empty, $"go-micro {path}"));
        listen.Protocols = HttpProtocols.Http1;
        listen.Use(next => connection =>
        {
            connection.Features.Set(wire);
            return next(connection);
        });
    }

    private static T Service<T>(HttpContext context)
        where T : notnull => context.RequestServices.GetRequiredService<T>();

    /// <summary>What a connection speaks, known by the port it came to.</summary>
    private sealed record Wire(RouteEndpoint Endpoint);
}

/// <summary>Says in one line where it is served, once it is.</summary>
internal sealed partial class GoMicroAnnouncement(IOptions<GoMicroOptions> options, GatewayAddresses addresses, ILogger<GoMicroAnnouncement> logger) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Enabled) LogServing(addresses.GoMicroBroker.Authority, addresses.GoMicroRpc.Authority);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(2031, LogLevel.Information, "go-micro is served: broker {Broker}, RPC {Rpc}")]
    private partial void LogServing(string broker, string rpc);
}
