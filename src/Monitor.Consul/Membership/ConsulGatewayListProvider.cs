using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Monitor.Consul.Http;
using Monitor.Consul.Membership;
using Orleans.Configuration;
using Orleans.Messaging;

namespace Orleans.Runtime.Membership;

/// <summary>
/// The gateways of a cluster by its membership table in Consul: silos that are active and have a gateway port. It throws where it cannot know, so that the
/// client keeps the gateways it has; an empty list that was really read takes them away.
/// </summary>
public sealed class ConsulGatewayListProvider : IGatewayListProvider, IDisposable
{
    private readonly ConsulClient consul;
    private readonly MembershipTableReader reader;

    public ConsulGatewayListProvider(
        ILogger<ConsulGatewayListProvider> logger, IOptions<ConsulClusteringOptions> options, IOptions<GatewayOptions> gatewayOptions,
        IOptions<ClusterOptions> clusterOptions)
    {
        ArgumentNullException.ThrowIfNull(gatewayOptions);
        MaxStaleness = gatewayOptions.Value.GatewayListRefreshPeriod;
        consul = options.Value.CreateClient();
        reader = new(consul, new(options.Value.KvRootFolder, clusterOptions.Value.ClusterId), new(), logger);
    }

    public TimeSpan MaxStaleness { get; }

    public bool IsUpdatable => true;

    /// <summary>Why the last list could not be relied on: Consul has lost the membership table. Null while all is well.</summary>
    public string? Fault => reader.Fault;

    public Task InitializeGatewayListProviderAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    /// <exception cref="ConsulException">Consul cannot be reached, or denies it.</exception>
    /// <exception cref="MembershipTableLostException">The table is older than one that was seen before, or gone.</exception>
    public async Task<IList<Uri>> GetGatewaysAsync(CancellationToken cancellationToken)
    {
        var snapshot = await reader.ReadAsync(cancellationToken);
        return [.. snapshot.Rows
            .Select(row => row.Entry)
            .Where(entry => entry.Status == SiloStatus.Active && entry.ProxyPort > 0)
            .Select(entry => SiloAddress.New(entry.SiloAddress.Endpoint.Address, entry.ProxyPort, entry.SiloAddress.Generation).ToGatewayUri())];
    }

    public Task<IList<Uri>> GetGateways() => GetGatewaysAsync(CancellationToken.None);

    public void Dispose() => consul.Dispose();
}
