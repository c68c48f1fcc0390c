using System.Text.Json;
using Monitor.Testing.Consul;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests.Setups;

/// <summary>A running cluster whose Consul forgets it, and the ways out that docs/decisions/0013 names.</summary>
[Collection(nameof(SetupServers))]
public sealed class LostConsulTests(SetupServers servers) : IAsyncLifetime
{
    private readonly Setup setup = servers.Next();
    private SiloProcess[] silos = [];
    private SiloProcess gateway = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IEnumerable<SiloProcess> All => [.. silos, gateway];

    public async ValueTask InitializeAsync()
    {
        // Two silos that cannot write that they leave take all of it.
        (string, string) timeout = ("Monitor:ShutdownTimeout", "00:00:04");
        silos = [setup.Launch(Setup.Silo, timeout), setup.Launch(Setup.Silo, timeout)];
        gateway = setup.Launch(Setup.Gateway);
        await Task.WhenAll(All.Select(process => process.UntilReadyAsync(Cancellation)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in All) await process.DisposeAsync();
    }

    [Fact]
    public async Task Table_DeletedAndRestored_EveryoneIsUnreadyAndThenReady()
    {
        using var kept = JsonDocument.Parse(await servers.Consul.Http.GetStringAsync(Keys, Cancellation));

        using (await servers.Consul.Http.DeleteAsync(Keys, Cancellation))
        {
            await Task.WhenAll(All.Select(process => process.UntilUnreadyAsync("has lost the membership table", Cancellation)));
        }

        Assert.Empty(await TableAsync());
        foreach (var key in kept.RootElement.EnumerateArray())
        {
            using var value = new ByteArrayContent(key.GetProperty("Value").GetBytesFromBase64());
            using var put = await servers.Consul.Http.PutAsync(new Uri($"v1/kv/{key.GetProperty("Key").GetString()}", UriKind.Relative), value, Cancellation);
            put.EnsureSuccessStatusCode();
        }

        await Task.WhenAll(All.Select(process => process.UntilReadyAsync(Cancellation)));
        Assert.All(await Task.WhenAll(All.Select(process => process.StopAsync())), exitCode => Assert.Equal(0, exitCode));
    }

    [Fact]
    public async Task Agent_RestartedWithoutItsState_EveryoneIsUnreadyUntilStoppedAndStarted()
    {
        await servers.Consul.RestartAsync(Cancellation);
        await Task.WhenAll(All.Select(process => process.UntilUnreadyAsync("stop every silo and gateway", Cancellation)));
        Assert.Empty(await TableAsync());

        // One that a supervisor starts meanwhile makes no table beside the lost one.
        Assert.Contains("in use by silos that are not in this cluster's membership table", await setup.RefusedAsync(Setup.Silo), StringComparison.Ordinal);
        Assert.Empty(await TableAsync());

        Assert.All(await Task.WhenAll(All.Select(process => process.StopAsync())), exitCode => Assert.Equal(0, exitCode));
        Assert.Empty(await TableAsync());
        await Task.WhenAll(All.Select(process => process.RestartAsync(Cancellation)));

        Assert.Equal(2, (await TableAsync()).Count(key => key.Contains('@', StringComparison.Ordinal)));
    }

    private Uri Keys => new($"v1/kv/{setup.Folder}?recurse", UriKind.Relative);

    // What makes a table. A heartbeat that was under way when it went is none of it, and is cleaned away.
    private async Task<IReadOnlyList<string>> TableAsync()
    {
        using var response = await servers.Consul.Http.GetAsync(Keys, Cancellation);
        if (!response.IsSuccessStatusCode) return [];
        using var keys = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
        return [.. keys.RootElement.EnumerateArray().Select(key => key.GetProperty("Key").GetString()!).Where(key => !key.EndsWith("/iamalive", StringComparison.Ordinal))];
    }
}
