using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests.Setups;

/// <summary>A process whose servers are away waits, says for what, and becomes ready when they come.</summary>
[Collection(nameof(SetupServers))]
public sealed class WaitingTests(SetupServers servers)
{
    private readonly Setup setup = servers.Next();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_ConsulIsAway_WaitsSaysSoAndIsReadyOnceItComes()
    {
        await servers.Consul.KillAsync();
        await using var silo = setup.Launch(Setup.Silo);
        await using var gateway = setup.Launch(Setup.Gateway);
        try
        {
            foreach (var process in new[] { silo, gateway })
            {
                await process.UntilLoggedAsync(Cancellation, "Waiting for", servers.Consul.Address.Authority);
                await process.UntilUnreadyAsync(servers.Consul.Address.Authority, Cancellation);
            }
        }
        finally
        {
            await servers.Consul.RestartAsync(CancellationToken.None);
        }

        await Task.WhenAll(silo.UntilReadyAsync(Cancellation), gateway.UntilReadyAsync(Cancellation));
        Assert.All(await Task.WhenAll(gateway.StopAsync(), silo.StopAsync()), exitCode => Assert.Equal(0, exitCode));
    }

    [Fact]
    public async Task Start_PostgresIsAway_WaitsSaysSoAndIsReadyOnceItComes()
    {
        await servers.Postgres.StopAsync(Cancellation);
        await using var silo = setup.Launch(Setup.Silo);
        await using var gateway = setup.Launch(Setup.Gateway);
        try
        {
            foreach (var process in new[] { silo, gateway })
            {
                await process.UntilLoggedAsync(Cancellation, "Waiting for the journal", $"127.0.0.1:{servers.Postgres.Port}");
                await process.UntilUnreadyAsync("journal", Cancellation);
            }
        }
        finally
        {
            await servers.Postgres.StartAgainAsync(CancellationToken.None);
        }

        await Task.WhenAll(silo.UntilReadyAsync(Cancellation), gateway.UntilReadyAsync(Cancellation));
        Assert.All(await Task.WhenAll(gateway.StopAsync(), silo.StopAsync()), exitCode => Assert.Equal(0, exitCode));
    }

    [Fact]
    public async Task Sigterm_WhileItWaits_EndsItAtOnce()
    {
        var nowhere = $"http://127.0.0.1:{Ports.Free()}";
        (string, string) noConsul = ("Consul:Addresses:0", nowhere), noPostgres = ("Monitor:Postgres:ConnectionString", $"Host=127.0.0.1;Port={Ports.Free()};Username=a;Password=b");
        SiloProcess[] waiting =
        [
            setup.Launch(Setup.Silo, noConsul), setup.Launch(Setup.Gateway, noConsul), setup.Launch(Setup.Silo, noPostgres), setup.Launch(Setup.Gateway, noConsul, noPostgres),
        ];
        try
        {
            foreach (var process in waiting) await process.UntilLoggedAsync(Cancellation, "Waiting for");
            Assert.All(await Task.WhenAll(waiting.Select(process => process.StopAsync(TimeSpan.FromSeconds(15)))), exitCode => Assert.Equal(0, exitCode));
            foreach (var process in waiting) process.ThrowOnErrors();
        }
        finally
        {
            foreach (var process in waiting) await process.DisposeAsync();
        }
    }
}
