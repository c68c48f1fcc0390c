using Monitor.Testing;
using Monitor.Testing.Consul;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests.Setups;

/// <summary>Consul behind TLS, with an agent that answers only who shows a certificate of its authority.</summary>
[Collection(nameof(SetupServers))]
public sealed class CertificateTests(SetupServers servers) : IAsyncLifetime
{
    private readonly Setup setup = servers.Next();
    private readonly CertificateAuthority authority = new();
    private ConsulAgent consul = null!;
    private (string Certificate, string Key) own;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private (string, string)[] Settings =>
    [
        ("Consul:Addresses:0", consul.Address.ToString()), ("Consul:CaCertificate", authority.File), ("Consul:ClientCertificate", own.Certificate), ("Consul:ClientKey", own.Key),
    ];

    public async ValueTask InitializeAsync()
    {
        own = authority.Issue();
        consul = await ConsulAgent.StartAsync(new() { Tls = authority.Issue(), ClientAuthority = authority });
    }

    [Fact]
    public async Task Cluster_CertificatesByFiles_MeetsRegistersAndIsFoundByTheTool()
    {
        await using var silo = setup.Launch(Setup.Silo, Settings);
        await using var gateway = setup.Launch(Setup.Gateway, [.. Settings, ("Monitor:GoMicro:Enabled", "true"), ("Monitor:GoMicro:Broker", "http://127.0.0.1:0"), ("Monitor:GoMicro:Rpc", "http://127.0.0.1:0")]);
        await silo.UntilReadyAsync(Cancellation);
        await gateway.UntilReadyAsync(Cancellation);

        // gRPC's entry, go-micro's server, and its three topics.
        await Eventually.UntilAsync("all is healthy", async ct => (await consul.Http.GetStringAsync(new Uri("v1/agent/checks", UriKind.Relative), ct)).Split("\"passing\"").Length - 1 == 5);
        var environment = new Dictionary<string, string>
        {
            ["CONSUL_HTTP_ADDR"] = consul.Address.ToString(), ["CONSUL_CACERT"] = authority.File, ["CONSUL_CLIENT_CERT"] = own.Certificate, ["CONSUL_CLIENT_KEY"] = own.Key,
        };
        var found = await CommandProcess.RunAsync(BuiltAssembly.Cli, ["services", "--server", "consul:///go.micro.srv.monitor"], environment);
        Assert.True(found.ExitCode == 0, found.Error);

        environment["CONSUL_CLIENT_KEY"] = authority.Issue().Key;
        var refused = await CommandProcess.RunAsync(BuiltAssembly.Cli, ["services", "--server", "consul:///go.micro.srv.monitor"], environment);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("CONSUL_CLIENT_KEY is '", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Setup.Silo, "Consul:CaCertificate", "/nowhere/ca.pem")]
    [InlineData(Setup.Gateway, "Consul:ClientCertificate", "/nowhere/own.pem")]
    [InlineData(Setup.Gateway, "Consul:ClientKey", "/nowhere/own.key")]
    public async Task Setting_ThatIsWrong_IsRefusedNamingIt(string role, string key, string value) =>
        Assert.Contains($"{key} is ", await setup.RefusedAsync(role, [.. Settings, (key, value)]), StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        if (consul is not null) await consul.DisposeAsync();
        authority.Dispose();
    }
}
