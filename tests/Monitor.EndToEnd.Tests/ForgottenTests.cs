using System.Diagnostics;
using System.Text.Json;
using Monitor.Testing;
using Monitor.Testing.Consul;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests;

/// <summary>What a gateway that was killed leaves in Consul. Takes as long as Consul does, which looks twice a minute for what is to be forgotten.</summary>
public sealed class ForgottenTests
{
    private static readonly TimeSpan Least = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Gateway_Killed_IsCriticalByItsTimeToLiveAndThenForgottenWithAllItsEntries()
    {
        await using var consul = await ConsulAgent.StartAsync(cancellationToken: Cancellation);
        await using var gateway = await SiloProcess.StartAsync(Options(consul), Cancellation);
        // gRPC's, go-micro's, and those of its three topics.
        var entries = await Eventually.GetAsync(
            "all of it is registered and healthy", ct => EntriesAsync(consul, ct), static entries => entries.Count == 5 && entries.Values.All(status => status == "passing"), cancellationToken: Cancellation);

        await gateway.KillAsync();
        var killed = Stopwatch.GetTimestamp();

        var critical = await Eventually.GetAsync(
            "all of it is critical", ct => EntriesAsync(consul, ct), static entries => entries.Values.All(status => status == "critical"), cancellationToken: Cancellation);
        Assert.Equal(entries.Keys.Order(), critical.Keys.Order());
        TimeSpan? first = null;
        await Eventually.UntilAsync(
            "nothing of it is left",
            async ct =>
            {
                var left = await EntriesAsync(consul, ct);
                if (left.Count < entries.Count) first ??= Stopwatch.GetElapsedTime(killed);
                return left.Count == 0;
            },
            TimeSpan.FromMinutes(3),
            Cancellation);
        // Not before its time: a gateway that only hangs is to be found again.
        Assert.InRange(first!.Value, Least, TimeSpan.FromMinutes(3));
    }

    private static SiloProcessOptions Options(ConsulAgent consul)
    {
        var environment = new Dictionary<string, string>
        {
            ["Consul__Addresses__0"] = consul.Address.ToString(),
            ["Monitor__GoMicro__Enabled"] = "true",
            ["Monitor__GoMicro__Broker"] = $"http://127.0.0.1:{Ports.Free()}",
            ["Monitor__GoMicro__Rpc"] = $"http://127.0.0.1:{Ports.Free()}",
        };
        foreach (var section in new[] { "Registration", "GoMicro" })
        {
            environment[$"Consul__{section}__TimeToLive"] = "00:00:03";
            environment[$"Consul__{section}__DeregisterCriticalServiceAfter"] = "00:01:00";
        }

        return new() { Environment = environment };
    }

    /// <summary>The checks of all services, healthy or not, by the service's id.</summary>
    private static async Task<Dictionary<string, string>> EntriesAsync(ConsulAgent consul, CancellationToken cancellationToken)
    {
        using var checks = JsonDocument.Parse(await consul.Http.GetStringAsync(new Uri("v1/agent/checks", UriKind.Relative), cancellationToken));
        return checks.RootElement.EnumerateObject().ToDictionary(check => check.Value.GetProperty("ServiceID").GetString()!, check => check.Value.GetProperty("Status").GetString()!);
    }
}
