using System.Net;

namespace Monitor.Consul.GoMicro;

/// <summary>What go-micro's clients are told of this server: where its RPC is, and where each topic is subscribed to.</summary>
public sealed record GoMicroServer
{
    /// <summary>The id of the server's own entry, unique in the datacenter; the same after a restart, so that the entry is replaced.</summary>
    public required string Id { get; init; }

    /// <summary>The service that it is an instance of. Default <see cref="MonitorService.Name"/>.</summary>
    public string Name { get; init; } = MonitorService.Name;

    /// <summary>Its version. go-micro's clients pass over an entry without one.</summary>
    public required string Version { get; init; }

    /// <summary>The address of its RPC, as clients reach it: the first of them take nothing for what is not said.</summary>
    public required DnsEndPoint Rpc { get; init; }

    /// <summary>The methods that it serves.</summary>
    public IReadOnlyList<RegistryEndpoint> Endpoints { get; init; } = [];

    /// <summary>The address of its subscriptions, likewise.</summary>
    public required DnsEndPoint Broker { get; init; }

    /// <summary>The queue of the subscriptions: a publisher gives each message to one subscriber of a queue, or to all where it is <see cref="Broadcast"/>.</summary>
    public required string Queue { get; init; }

    /// <summary>The subscriptions: id, unique in the datacenter, and topic.</summary>
    public required IReadOnlyList<GoMicroSubscription> Subscriptions { get; init; }

    /// <summary>What go-micro calls the queue in which each subscriber gets each message.</summary>
    public const string Broadcast = "ff.http.broadcast";
}

/// <summary>A subscription to a topic.</summary>
public sealed record GoMicroSubscription(string Id, string Topic);
