using System.Net;
using System.Net.Sockets;
using Monitor.Client.Addresses;
using Monitor.Client.Tests.Server;
using Monitor.Testing.Processes;

namespace Monitor.Client.Tests.Addresses;

public sealed class AddressTests : ReporterTest
{
    private static readonly IPAddress One = IPAddress.Parse("127.0.0.1"), Two = IPAddress.Parse("127.0.0.2");
    private readonly Queue<Func<IPAddress[]>> lookups = [];
    private IPAddress[] known = [];

    [Fact]
    public async Task Static_ManyReporters_SpreadOverTheServers()
    {
        HashSet<Uri> firsts = [];
        for (var i = 0; i < 200; i++) firsts.Add((await AddressResolver.Of("http://a:1, http://b:2 ,http://c:3").ResolveAsync(Cancelled))[0]);
        Assert.Equal(3, firsts.Count);
    }

    [Fact]
    public async Task Dns_NameWithSeveralAddresses_MovesFromOneToTheOther()
    {
        var port = Ports.Free();
        await using var one = await TestServer.StartAsync(port, One);
        await using var two = await TestServer.StartAsync(port, Two);
        known = [One, Two];
        var options = Options();
        options.AddressResolver = Dns(port);
        await using var reporter = await StartAsync(options);
        await AcceptedAsync(reporter, 1);
        var (first, second) = one.Connections > 0 ? (one, two) : (two, one);
        Assert.Equal(0, second.Connections);

        await first.DisposeAsync();
        reporter.Publish([new Protocol.Report { Healthcheck = new Protocol.HealthCheck { Id = "after" } }]);

        await AcceptedAsync(reporter, 2);
        Assert.NotEmpty(second.Checks("after"));
    }

    [Fact]
    public async Task Dns_RealName_IsResolved()
    {
        var options = Options();
        options.Server = $"dns:///localhost:{new Uri(Server.Address).Port}";
        await using var reporter = await StartAsync(options, TimeProvider.System);
        await AcceptedAsync(reporter, 1);
    }

    [Fact]
    public async Task Dns_LookupFails_KeepsWhatItKnewOrSaysWhy()
    {
        var dns = Dns(7401);
        lookups.Enqueue(() => throw new SocketException((int)SocketError.HostNotFound));
        await Assert.ThrowsAsync<SocketException>(async () => await dns.ResolveAsync(Cancelled));
        known = [One];
        var first = await dns.ResolveAsync(Cancelled);
        Assert.Equal([new("http://127.0.0.1:7401")], first);

        lookups.Enqueue(() => throw new SocketException((int)SocketError.TryAgain));
        Assert.Same(first, await dns.ResolveAsync(Cancelled));
        known = [];
        Assert.Same(first, await dns.ResolveAsync(Cancelled));
    }

    [Fact]
    public async Task Dns_AddressesChange_IsNoticedWithinTheHalfMinute()
    {
        known = [One, IPAddress.IPv6Loopback];
        var dns = Dns(7401);
        var first = await dns.ResolveAsync(Cancelled);
        var changed = dns.WhenChangedAsync(first, Cancelled);
        known = [IPAddress.IPv6Loopback, One];
        Time.Advance(TimeSpan.FromSeconds(30));
        Assert.False(changed.IsCompleted);

        known = [Two];
        await Wait.UntilAsync(() => changed.IsCompleted, "the change", () => Time.Advance(TimeSpan.FromSeconds(30)));

        Assert.Equal([new("http://127.0.0.2:7401")], await dns.ResolveAsync(Cancelled));
        Assert.Contains(new Uri("http://[::1]:7401"), first);
    }

    private DnsAddressResolver Dns(int port) => new(new Uri($"dns:///monitor.test:{port}"), Time, (name, _) =>
    {
        Assert.Equal("monitor.test", name);
        return lookups.TryDequeue(out var lookup) ? Task.FromResult(lookup()) : Task.FromResult(known);
    });
}
