namespace Monitor.EndToEnd.Tests.Setups;

/// <summary>Consul with ACLs.</summary>
[Collection(nameof(SetupServers))]
public sealed class TokenTests(SetupServers servers)
{
    private readonly Setup setup = servers.Next();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private (string, string) Strict => ("Consul:Addresses:0", servers.StrictConsul.Address.ToString());

    [Theory]
    [InlineData(Setup.Silo, null, "write")]
    [InlineData(Setup.Gateway, null, "read")]
    [InlineData(Setup.Silo, """key_prefix "orleans/" { policy = "read" }""", "write")]
    public async Task Token_WithoutTheRight_IsRefusedNamingIt(string role, string? rules, string right)
    {
        var token = rules is null ? Guid.NewGuid().ToString() : await servers.StrictConsul.CreateTokenAsync(rules, Cancellation);

        var reason = await setup.RefusedAsync(role, Strict, ("Consul:Token", token));

        Assert.Contains(servers.StrictConsul.Address.Authority, reason, StringComparison.Ordinal);
        Assert.Contains("Consul:Token", reason, StringComparison.Ordinal);
        Assert.Contains($$"""key_prefix "{{setup.Folder}}" { policy = "{{right}}" }""", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_ThatMayClusterAndNotRegister_RunsAndSaysWhatItLacks()
    {
        var token = await servers.StrictConsul.CreateTokenAsync($$"""key_prefix "{{setup.Folder}}" { policy = "write" }""", Cancellation);
        await using var all = setup.Launch("all", Strict, ("Consul:Token", token));

        await all.UntilReadyAsync(Cancellation);

        await all.UntilLoggedAsync(Cancellation, "warn: ", """service "go.micro.srv.monitor" { policy = "write" }""");
        Assert.Equal(0, await all.StopAsync());
        // The last silo of a cluster has none to migrate its partitions to, and Orleans may say so.
        all.ThrowOnErrors("Error while selecting a migration destination");
    }
}
