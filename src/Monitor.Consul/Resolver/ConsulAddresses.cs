using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Consul.Http;

namespace Monitor.Consul.Resolver;

/// <summary>
/// Where Monitor's healthy servers are, by Consul: only those that a <see cref="Registration.ConsulRegistration"/> has registered. For several threads at once.
/// </summary>
/// <remarks>With ACLs the token needs <c>service "go.micro.srv.monitor" { policy = "read" }</c> and <c>node_prefix "" { policy = "read" }</c>; without them Consul answers that there is none.</remarks>
/// <param name="consul">Not disposed here.</param>
/// <param name="service">Default <see cref="MonitorService.Name"/>.</param>
/// <param name="time">For the back-off. Default: the system's.</param>
/// <param name="logger">Default: none.</param>
public sealed class ConsulAddresses(ConsulClient consul, string? service = null, TimeProvider? time = null, ILogger? logger = null)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(5);

    private readonly TimeProvider time = time ?? TimeProvider.System;
    private readonly ILogger logger = logger ?? NullLogger.Instance;

    public string Service { get; } = service ?? MonitorService.Name;

    /// <summary>
    /// The gRPC addresses of those that are healthy now: http, or https for those that speak TLS. In random order, so that callers who each take the first
    /// spread evenly. Empty where there is none.
    /// </summary>
    /// <exception cref="ConsulException">Consul cannot be reached, or denies it.</exception>
    public async Task<IReadOnlyList<Uri>> GetAsync(CancellationToken cancellationToken = default)
    {
        var addresses = Addresses(await consul.HealthyAsync(Service, cancellationToken: cancellationToken));
        Random.Shared.Shuffle(CollectionsMarshal.AsSpan(addresses));
        return addresses;
    }

    /// <summary>
    /// The addresses now and again at each change, in order of their text. While Consul is away nothing comes: what came last still holds. Never ends by itself.
    /// </summary>
    public async IAsyncEnumerable<IReadOnlyList<Uri>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var change in ChangesAsync(null, cancellationToken))
        {
            if (change.Addresses is { } addresses) yield return addresses;
        }
    }

    /// <summary>As <see cref="WatchAsync"/>, and failures too, each with its cause.</summary>
    /// <param name="wake">Ends a back-off.</param>
    internal async IAsyncEnumerable<AddressChange> ChangesAsync(SemaphoreSlim? wake, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<Uri>? last = null;
        var index = 0UL;
        var failures = 0;
        while (true)
        {
            AddressChange? change = null;
            try
            {
                var list = await consul.HealthyAsync(Service, index, LongestWait, cancellationToken);
                if (failures > 0) logger.Returned(Service);
                failures = 0;
                // One that went back is of a Consul that began anew; one of 0 would not wait.
                index = list.Index < index ? 0 : Math.Max(list.Index, 1);
                var addresses = Addresses(list);
                if (last is null || !addresses.SequenceEqual(last)) change = new(last = addresses, null);
            }
            catch (ConsulException e)
            {
                if (failures++ == 0) logger.Away(e, Service);
                // The agent may be another when it answers again, and counts in its own way.
                index = 0;
                change = new(null, e);
            }

            if (change is { } changed) yield return changed;
            if (failures > 0) await BackOffAsync(failures, wake, cancellationToken);
        }
    }

    private async Task BackOffAsync(int failures, SemaphoreSlim? wake, CancellationToken cancellationToken)
    {
        var longest = TimeSpan.FromTicks(Math.Min(FirstBackoff.Ticks << Math.Min(failures - 1, 10), LongestBackoff.Ticks));
        // Spread, so that many clients do not come back at one moment.
        var delay = longest * (0.5 + (Random.Shared.NextDouble() / 2));
        if (wake is null)
        {
            await Task.Delay(delay, time, cancellationToken);
            return;
        }

        using var expiry = new CancellationTokenSource(delay, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, cancellationToken);
        await wake.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static List<Uri> Addresses(ServiceList list) =>
        [.. list.Entries.Select(Address).OfType<Uri>().Distinct().OrderBy(address => address.AbsoluteUri, StringComparer.Ordinal)];

    private static Uri? Address(ServiceEntry entry)
    {
        var scheme = entry.Service.Meta?.GetValueOrDefault(MonitorService.ProtocolKey) switch
        {
            MonitorService.Grpc => Uri.UriSchemeHttp,
            MonitorService.Grpcs => Uri.UriSchemeHttps,
            _ => null,
        };
        var host = entry.Service.Address is { Length: > 0 } own ? own : entry.Node.Address;
        if (IPAddress.TryParse(host, out var ip) && ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6) host = $"[{host}]";
        return scheme is not null && Uri.TryCreate($"{scheme}://{host}:{entry.Service.Port}", UriKind.Absolute, out var address) ? address : null;
    }
}

/// <summary>Addresses, or why there are none to be had; one of the two.</summary>
internal readonly record struct AddressChange(IReadOnlyList<Uri>? Addresses, ConsulException? Failure);
