using Monitor.Architecture.Tests.Settings;

namespace Monitor.Architecture.Tests.Deployment;

/// <summary>The compose file against the server that it starts. No engine runs it here: what can be known without one.</summary>
public sealed class ComposeTests
{
    private static readonly ComposeFile Compose = ComposeFile.Read();

    public static TheoryData<string> Servers => [.. Compose.Names.Where(IsServer)];

    [Fact]
    public void Services_Are3Consuls1Postgres3SilosAnd2Gateways() => Assert.Equal(
        ["consul-1", "consul-2", "consul-3", "gateway-1", "gateway-2", "postgres", "silo-1", "silo-2", "silo-3"], Compose.Names.Order(StringComparer.Ordinal));

    [Fact]
    public void Services_AllOfThem_AreCheckedAndRestarted() => Assert.All(Compose.Names, name =>
    {
        Assert.NotEmpty(Compose[name, "healthcheck", "test"].Items);
        Assert.Equal("unless-stopped", Compose[name, "restart"].Text);
    });

    [Fact]
    public void Secrets_AreAskedForAndNotWrittenDown()
    {
        foreach (var (name, value) in Compose.Names.SelectMany(Compose.Environment).Where(variable => variable.Key.Contains("PASSWORD", StringComparison.Ordinal)))
            Assert.Matches(@"^\$\{" + name + @":\?", value);
        Assert.All(Servers, server => Assert.Matches(@"Password=\$\{\w+:\?", Compose.Environment(server)["Monitor__Postgres__ConnectionString"]));
    }

    [Theory, MemberData(nameof(Servers))]
    public void Environment_OfAServer_IsSettings(string server)
    {
        var keys = Compose.Environment(server).Keys.Select(name => name.Replace("__", ":", StringComparison.Ordinal));

        Assert.Empty(keys.Select(Numbered).Except(Setting.All.Keys));
    }

    [Theory, MemberData(nameof(Servers))]
    public void Environment_OfAServer_HasItsRoleItsOwnNameAndEveryConsul(string server)
    {
        var environment = Compose.Environment(server);

        Assert.Equal(server.Split('-')[0], environment["Monitor__Role"]);
        Assert.Equal((server, server), (environment["Monitor__AdvertisedAddress"], Compose[server, "hostname"].Text));
        Assert.Equal(
            Compose.Names.Where(name => name.StartsWith("consul-", StringComparison.Ordinal)).Select(name => $"http://{name}:8500").Order(StringComparer.Ordinal),
            environment.Where(variable => variable.Key.StartsWith("Consul__Addresses__", StringComparison.Ordinal)).Select(variable => variable.Value).Order(StringComparer.Ordinal));
        Assert.StartsWith("Host=postgres;", environment["Monitor__Postgres__ConnectionString"], StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Servers))]
    public void Server_IsTheImageOfThisVersion_StartsAfterTheOthersAndHasTimeToDrain(string server)
    {
        Assert.Equal($"{SiloProject.Repository}:${{MONITOR_VERSION:-{SiloProject.Version}}}", Compose[server, "image"].Text);
        Assert.All(["consul-1", "consul-2", "consul-3", "postgres"], name => Assert.Equal("service_healthy", Compose[server, "depends_on", name, "condition"].Text));
        Assert.True(ComposeFile.Seconds(Compose[server, "stop_grace_period"].Text) > Drain.Bound.TotalSeconds);
        Assert.Equal(["CMD", "dotnet", "/app/Monitor.Silo.dll", "health"], Compose[server, "healthcheck", "test"].Items.Select(item => item.Text));
    }

    [Fact]
    public void Ports_OfTheGateways_AreWhereTheImageListens()
    {
        var published = Compose.Names.ToDictionary(name => name, name => Compose[name, "ports"].Items.Select(item => item.Text.Split(':')).ToList());
        var listens = new[] { "Monitor__Http", "Monitor__Grpc" }.Select(name => SiloProject.Environment[name]).Select(address => new Uri(address)).ToList();

        Assert.All(listens, address => Assert.Equal("0.0.0.0", address.Host));
        Assert.All(listens, address => Assert.Contains(address.Port, SiloProject.Ports));
        Assert.All(published, service =>
        {
            if (!service.Key.StartsWith("gateway-", StringComparison.Ordinal)) Assert.Empty(service.Value);
            else Assert.Equal(listens.Select(address => address.Port), service.Value.Select(port => int.Parse(port[^1], System.Globalization.CultureInfo.InvariantCulture)));
        });
        // Each of its own on the machine.
        var taken = published.Values.SelectMany(ports => ports).Select(port => port[^2]).ToList();
        Assert.Equal(taken, taken.Distinct());
    }

    [Fact]
    public void Image_ExposesThePortsBetweenSilos() =>
        Assert.All([Setting.All["Monitor:SiloPort"], Setting.All["Monitor:SiloGatewayPort"]], setting => Assert.Contains((int)setting.Default!, SiloProject.Ports));

    private static bool IsServer(string name) => name.StartsWith("silo-", StringComparison.Ordinal) || name.StartsWith("gateway-", StringComparison.Ordinal);

    private static string Numbered(string key) => char.IsAsciiDigit(key[^1]) && key[^2] == ':' ? $"{key[..^1]}0" : key;
}
