using System.Net;
using System.Net.Sockets;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests.Deployment;

/// <summary>What a container's health check runs: the server's own <c>health</c>, with the server's settings.</summary>
public sealed class HealthCommandTests(SharedSilo shared)
{
    [Fact]
    public async Task Health_ServerIsReady_EndsWith0AndSaysNothing() => Assert.Equal((0, "", ""), await AskAsync(shared.Process.Http));

    [Fact]
    public async Task Health_ServerListensOnEveryInterface_IsAskedOnLoopback() =>
        Assert.Equal((0, "", ""), await AskAsync(new UriBuilder(shared.Process.Http) { Host = "0.0.0.0" }.Uri));

    [Fact]
    public async Task Health_ServerWaits_EndsWith1AndSaysForWhat()
    {
        var postgres = $"Host=127.0.0.1;Port={Ports.Free()};Username=a;Password=b";
        await using var silo = SiloProcess.Launch(new()
        {
            Environment = new Dictionary<string, string> { ["Monitor__Role"] = "silo", ["Monitor__Postgres__ConnectionString"] = postgres, ["Monitor__SiloPort"] = "0", ["Monitor__SiloGatewayPort"] = "0" },
        });
        await silo.UntilUnreadyAsync("The journal is not open yet", TestContext.Current.CancellationToken);

        var (exitCode, output, error) = await AskAsync(silo.Http);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith("Monitor is not ready: ", error, StringComparison.Ordinal);
        Assert.Contains("The journal is not open yet", error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
    }

    [Fact]
    public async Task Health_NoServer_EndsWith1AndNamesTheAddress()
    {
        var port = Ports.Free();

        var (exitCode, output, error) = await AskAsync(new($"http://127.0.0.1:{port}"));

        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith($"Monitor is not ready: http://127.0.0.1:{port}/health/ready does not answer: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_ServerHangs_EndsWith1InTime()
    {
        using var hanging = new TcpListener(IPAddress.Loopback, 0);
        hanging.Start();

        var (exitCode, output, error) = await AskAsync(new($"http://{hanging.LocalEndpoint}"));

        Assert.Equal((1, ""), (exitCode, output));
        Assert.EndsWith("does not answer within 5 s", error.Trim(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("nowhere")]
    public async Task Health_NoAddressToAsk_EndsWith1AndNamesTheSetting(string address)
    {
        var (exitCode, _, error) = await CommandProcess.RunAsync(BuiltAssembly.Silo, ["health", $"--Monitor:Http={address}"]);

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"Monitor is not ready: Monitor:Http is '{address}'", error, StringComparison.Ordinal);
    }

    private static Task<(int ExitCode, string Output, string Error)> AskAsync(Uri http) => CommandProcess.RunAsync(
        BuiltAssembly.Silo, ["health"], new Dictionary<string, string> { ["Monitor__Http"] = http.GetLeftPart(UriPartial.Authority) });
}
