using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests.Setups;

/// <summary>Settings that are wrong whatever the servers are: said at once, though all of them are away.</summary>
public sealed class SettingTests
{
    private readonly Setup setup = new("nobody", $"Host=127.0.0.1;Port={Ports.Free()};Username=a;Password=b", $"http://127.0.0.1:{Ports.Free()}");

    [Theory]
    [InlineData(Setup.Silo, "Monitor:Postgres:ConnectionString", "", "Monitor:Postgres:ConnectionString is not set")]
    [InlineData(Setup.Gateway, "Monitor:Postgres:ConnectionString", "", "Monitor:Postgres:ConnectionString is not set")]
    [InlineData("sillo", "Monitor:Partitions", "2", "Monitor:Role is 'sillo'")]
    [InlineData(Setup.Silo, "Monitor:AdvertisedAddress", "0.0.0.0", "Monitor:AdvertisedAddress is '0.0.0.0'")]
    [InlineData(Setup.Gateway, "Monitor:AdvertisedAddress", "not an address", "Monitor:AdvertisedAddress is 'not an address'")]
    [InlineData(Setup.Silo, "Monitor:AdvertisedAddress", "no-such-host.invalid", "Monitor:AdvertisedAddress is 'no-such-host.invalid'")]
    [InlineData(Setup.Silo, "Monitor:SiloPort", "many", "Monitor:SiloPort")]
    [InlineData(Setup.Gateway, "Consul:Addresses:0", "consul:8500", "Consul:Addresses")]
    [InlineData(Setup.Gateway, "Consul:GoMicro:TimeToLive", "00:20:00", "Consul:GoMicro:TimeToLive is 00:20:00")]
    public async Task Setting_ThatIsWrong_IsRefusedNamingIt(string role, string key, string value, string expected) =>
        Assert.Contains(expected, await setup.RefusedAsync(role, (key, value)), StringComparison.Ordinal);

    [Theory]
    [InlineData(Setup.Silo, "Monitor:Http", "http://127.0.0.1:{0}", "127.0.0.1:{0}")]
    [InlineData(Setup.Gateway, "Monitor:Grpc", "http://127.0.0.1:{0}", "127.0.0.1:{0}")]
    [InlineData(Setup.Silo, "Monitor:SiloPort", "{0}", "Monitor:SiloPort is {0}")]
    [InlineData(Setup.Silo, "Monitor:SiloGatewayPort", "{0}", "Monitor:SiloGatewayPort is {0}")]
    public async Task Port_ThatIsInUse_IsRefusedNamingIt(string role, string key, string value, string expected)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var reason = await setup.RefusedAsync(role, (key, string.Format(CultureInfo.InvariantCulture, value, port)));

        Assert.Contains(string.Format(CultureInfo.InvariantCulture, expected, port), reason, StringComparison.Ordinal);
    }
}
