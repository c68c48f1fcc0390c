using System.Security.Cryptography;
using Monitor.Rules.Reports;

namespace Monitor.Gateway.GoMicro.Broker;

/// <summary>What this gateway subscribes to.</summary>
/// <param name="Topic">Its name.</param>
/// <param name="Kind">What its messages report.</param>
internal sealed record Subscription(string Topic, ReportKind Kind);

/// <summary>
/// The subscriptions and their ids. An id is made of the address, so that it survives a restart: whoever still has it from a cache is not turned away, and Consul's entry is replaced
/// rather than left behind.
/// </summary>
internal sealed class Subscriptions(GatewayAddresses addresses)
{
    public static readonly IReadOnlyList<Subscription> All =
    [
        new("micro.monitor.healthcheck", ReportKind.HealthCheck),
        new("micro.monitor.status", ReportKind.Status),
        new("micro.monitor.stats", ReportKind.Stats),
    ];

    private readonly Lazy<string[]> ids = new(() =>
    {
        var address = $"{Environment.MachineName}/{addresses.GoMicroBroker}";
        var broker = $"broker-{Name(address)}";
        return [.. All.Select(subscription => $"{broker}.{Name($"{address}{subscription.Topic}")}")];
    });

    /// <summary>Null where there is none of this topic.</summary>
    public static Subscription? Find(string topic) => All.FirstOrDefault(subscription => subscription.Topic == topic);

    /// <summary>The id that a publisher finds in Consul.</summary>
    public string IdOf(Subscription subscription) => ids.Value[(int)subscription.Kind - 1];

    /// <summary>A UUID that is the same for the same text.</summary>
    internal static Guid Name(string text) => new(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
