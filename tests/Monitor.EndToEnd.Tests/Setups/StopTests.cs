using Monitor.Testing;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests.Setups;

/// <summary>SIGTERM to a cluster whose servers have gone: it ends in time whatever is away.</summary>
[Collection(nameof(SetupServers))]
public sealed class StopTests(SetupServers servers)
{
    // Of Monitor:ShutdownTimeout, and for what comes before and after it.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Bound = ShutdownTimeout + TimeSpan.FromSeconds(5);

    private readonly Setup setup = servers.Next();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Sigterm_ServersAreAway_EndsEveryProcessInTime(bool consul, bool postgres)
    {
        (string, string) timeout = ("Monitor:ShutdownTimeout", ShutdownTimeout.ToString());
        await using var silo = setup.Launch(Setup.Silo, timeout);
        await using var gateway = setup.Launch(Setup.Gateway, timeout);
        try
        {
            await Task.WhenAll(silo.UntilReadyAsync(Cancellation), gateway.UntilReadyAsync(Cancellation));
            var reports = new ReportBuilder(setup.Name, $"{setup.Name}-1");
            await gateway.Reporter.ReportAsync(reports.Batch(reports.Status(), reports.Check($"{setup.Name}.check")), cancellationToken: Cancellation);
            if (consul) await servers.Consul.KillAsync();
            if (postgres) await servers.Postgres.StopAsync(Cancellation);

            Assert.All(await Task.WhenAll(silo.StopAsync(Bound), gateway.StopAsync(Bound)), exitCode => Assert.Equal(0, exitCode));
        }
        finally
        {
            if (consul) await servers.Consul.RestartAsync(CancellationToken.None);
            if (postgres) await servers.Postgres.StartAgainAsync(CancellationToken.None);
        }
    }
}
