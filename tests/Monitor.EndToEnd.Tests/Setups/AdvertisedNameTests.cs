namespace Monitor.EndToEnd.Tests.Setups;

/// <summary>Processes that are reached by a host name, as containers are.</summary>
[Collection(nameof(SetupServers))]
public sealed class AdvertisedNameTests(SetupServers servers)
{
    private readonly Setup setup = servers.Next();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task HostName_IsResolvedForSilosAndToldToReporters()
    {
        (string, string) name = ("Monitor:AdvertisedAddress", "localhost");
        await using var silo = setup.Launch(Setup.Silo, name);
        await using var gateway = setup.Launch(Setup.Gateway, name);

        await Task.WhenAll(silo.UntilReadyAsync(Cancellation), gateway.UntilReadyAsync(Cancellation));

        // The table knows addresses, the registry what was advertised.
        var table = await servers.Consul.Http.GetStringAsync(new Uri($"v1/kv/{setup.Folder}?keys", UriKind.Relative), Cancellation);
        Assert.Contains($"{setup.Folder}127.0.0.1:", table, StringComparison.Ordinal);
        await gateway.UntilLoggedAsync(Cancellation, $" as go.micro.srv.monitor at localhost:{gateway.Grpc.Port} ");
    }
}
