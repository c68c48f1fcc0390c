using Monitor.Consul.GoMicro;
using Monitor.Consul.Http;
using Monitor.Gateway.Errors;

namespace Monitor.Gateway.Queries;

/// <summary>A version of a service that is registered; its version is empty where the registration says none.</summary>
internal readonly record struct RegisteredService(string Name, string Version);

/// <summary>What is registered, whether it reports or not: the boundary to Consul.</summary>
internal interface IServiceRegistry
{
    /// <exception cref="Grpc.Core.RpcException">FAILED_PRECONDITION: the server uses none. UNAVAILABLE: it cannot be reached.</exception>
    Task<IReadOnlyList<RegisteredService>> ServicesAsync(CancellationToken cancellationToken);
}

/// <summary>Consul's catalog, where the host uses Consul.</summary>
internal sealed class ConsulRegistry(IServiceProvider services) : IServiceRegistry
{
    // Consul itself, and the subscriptions of go-micro's broker.
    private const string ConsulsOwn = "consul";
    private const string TopicPrefix = "topic:";

    public async Task<IReadOnlyList<RegisteredService>> ServicesAsync(CancellationToken cancellationToken)
    {
        var consul = services.GetService<ConsulClient>() ?? throw Failure.Precondition("include: 'registry' asks Consul, and this server does not use it.");
        try
        {
            var registered = await consul.ServicesAsync(cancellationToken);
            return [.. registered.Where(one => one.Key != ConsulsOwn && !one.Key.StartsWith(TopicPrefix, StringComparison.Ordinal)).SelectMany(one => Versions(one.Key, one.Value))];
        }
        catch (ConsulException unreachable)
        {
            throw Failure.Unavailable($"Consul cannot be asked: {unreachable.Message} Try again.");
        }
    }

    private static IEnumerable<RegisteredService> Versions(string name, string[] tags)
    {
        // The tags are those of all instances: each version has its own.
        var versions = tags.Select(tag => RegistryTags.VersionOf([tag])).OfType<string>().Distinct(StringComparer.Ordinal).ToArray();
        return versions.Length > 0 ? versions.Select(version => new RegisteredService(name, version)) : [new(name, "")];
    }
}
