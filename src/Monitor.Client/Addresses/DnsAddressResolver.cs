using System.Net;
using System.Net.Sockets;

namespace Monitor.Client.Addresses;

/// <summary>
/// All addresses of a name, in random order. It is looked up before each attempt to connect, and every 30 s while connected; while the name servers are away
/// what they said last holds.
/// </summary>
internal sealed class DnsAddressResolver(Uri server, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>>? lookup = null) : AddressResolver
{
    private static readonly TimeSpan period = TimeSpan.FromSeconds(30);

    // Where addresses are known they serve: a lookup that fails can take very long.
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(2);

    private readonly Uri target = Target(server) ?? throw new ArgumentException($"{server} names no host and port.", nameof(server));
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> lookup = lookup ?? Dns.GetHostAddressesAsync;
    private IReadOnlyList<Uri> last = [];

    /// <summary>Null where nothing is wrong with it.</summary>
    public static string? Fault(Uri server) => Target(server) is null ? "allowed: dns:///host:port, with a name and a port" : null;

    public override async ValueTask<IReadOnlyList<Uri>> ResolveAsync(CancellationToken cancellationToken)
    {
        var known = last;
        try
        {
            var looking = lookup(target.IdnHost, cancellationToken);
            var addresses = (await (known.Count == 0 ? looking : looking.WaitAsync(patience, time, cancellationToken))).Select(Address).Distinct().ToArray();

            // The same list as long as it holds the same, in whatever order a name server gives it.
            if (addresses.Length > 0 && !known.ToHashSet().SetEquals(addresses))
            {
                Random.Shared.Shuffle(addresses);
                last = addresses;
            }
        }
        catch (Exception exception) when (known.Count > 0 && exception is SocketException or TimeoutException)
        {
            // It holds.
        }

        return last;
    }

    public override async Task WhenChangedAsync(IReadOnlyList<Uri> known, CancellationToken cancellationToken)
    {
        while (ReferenceEquals(known, last))
        {
            await Task.Delay(period, time, cancellationToken);
            await ResolveAsync(cancellationToken);
        }
    }

    public override string ToString() => server.OriginalString;

    private static Uri? Target(Uri server) =>
        server.Host.Length == 0 && server.Query.Length == 0
            && Uri.TryCreate($"http:/{server.AbsolutePath}", UriKind.Absolute, out var target)
            && target is { Host.Length: > 0, AbsolutePath: "/", UserInfo: "" } && target.Port > 0
            // A port that is not written down would be that of the web.
            && server.AbsolutePath.TrimEnd('/').EndsWith($":{target.Port}", StringComparison.Ordinal)
            ? target
            : null;

    private Uri Address(IPAddress ip) => new UriBuilder(Uri.UriSchemeHttp, ip.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{ip}]" : ip.ToString(), target.Port).Uri;
}
