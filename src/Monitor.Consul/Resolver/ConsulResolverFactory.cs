using Grpc.Net.Client.Balancer;
using Microsoft.Extensions.Logging;
using Monitor.Consul.Http;

namespace Monitor.Consul.Resolver;

/// <summary>
/// Resolves <c>consul:///go.micro.srv.monitor</c>, with calls balanced over all servers in turn, and <c>consul://host:port/go.micro.srv.monitor</c> by an agent
/// at another address. Give it to a channel as a service: <c>GrpcChannelOptions.ServiceProvider</c>.
/// </summary>
/// <param name="options">How Consul is reached. Default: the local agent.</param>
/// <param name="time">For back-off and time-outs. Default: the system's.</param>
public sealed class ConsulResolverFactory(ConsulOptions? options = null, TimeProvider? time = null) : ResolverFactory
{
    private readonly ConsulOptions options = options ?? new();

    public override string Name => "consul";

    /// <exception cref="ArgumentException">The address names no service.</exception>
    public override Grpc.Net.Client.Balancer.Resolver Create(ResolverOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Create(options.Address, !options.DisableServiceConfig, options.LoggerFactory);
    }

    internal ConsulResolver Create(Uri address, bool balance, ILoggerFactory loggers)
    {
        var target = ConsulTarget.Parse(address, options);
        var consul = new ConsulClient(target.Options, time);
        var logger = loggers.CreateLogger(typeof(ConsulResolver).FullName!);
        return new(new(consul, target.Service, time, logger), consul, balance, logger);
    }
}
