using System.Net.Http.Json;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests.Setups;

/// <summary>Two clusters of one id that do not meet in Consul, on one journal.</summary>
[Collection(nameof(SetupServers))]
public sealed class SharedJournalTests(SetupServers servers)
{
    private readonly Setup setup = servers.Next();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private (string, string) Elsewhere => ("Consul:KvRootFolder", $"{setup.Name}_elsewhere");

    [Fact]
    public async Task Silo_OfAnotherFolderOfConsul_IsRefusedAndTheFirstClusterGoesOn()
    {
        await using var first = setup.Launch(Setup.Silo);
        await first.UntilReadyAsync(Cancellation);
        var before = await KeysAsync(setup.Folder);

        var reason = await setup.RefusedAsync(Setup.Silo, Elsewhere);

        Assert.Contains($"schema '{setup.Name}' is in use by silos that are not in this cluster's membership table ({setup.Name}_elsewhere/{setup.Folder}", reason, StringComparison.Ordinal);
        Assert.Contains(servers.Consul.Address.Authority, reason, StringComparison.Ordinal);
        Assert.Contains("Monitor:Postgres:Schema", reason, StringComparison.Ordinal);
        Assert.Empty(await KeysAsync($"{setup.Name}_elsewhere/"));
        Assert.Equal(before, await KeysAsync(setup.Folder));
        await first.UntilReadyAsync(Cancellation);

        // Once the first has left, it is nobody's.
        Assert.Equal(0, await first.StopAsync());
        await using var second = setup.Launch(Setup.Silo, Elsewhere);
        await second.UntilUnreadyAsync("waits to see whether", Cancellation);
        await second.UntilReadyAsync(Cancellation);
        Assert.Equal(0, await second.StopAsync());
    }

    // Heartbeats come when they come.
    private async Task<IReadOnlyList<string>> KeysAsync(string folder)
    {
        using var response = await servers.Consul.Http.GetAsync(new Uri($"v1/kv/{folder}?keys", UriKind.Relative), Cancellation);
        if (!response.IsSuccessStatusCode) return [];
        var keys = await response.Content.ReadFromJsonAsync<string[]>(Cancellation);
        return [.. keys!.Where(key => !key.EndsWith("/iamalive", StringComparison.Ordinal))];
    }
}
