using System.Globalization;
using Monitor.Testing.Consul;
using Monitor.Testing.Postgres;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests.Setups;

/// <summary>The servers that all these tests are set up with, rightly and wrongly, one after the other: some of them stop one.</summary>
[CollectionDefinition(nameof(SetupServers))]
public sealed class SetupServers : IAsyncLifetime, ICollectionFixture<SetupServers>
{
    private int setups;

    public PostgresServer Postgres { get; private set; } = null!;

    /// <summary>Forgets everything when it is restarted.</summary>
    public ConsulAgent Consul { get; private set; } = null!;

    /// <summary>Allows nothing without a token.</summary>
    public ConsulAgent StrictConsul { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        (Postgres, Consul, StrictConsul) = (await PostgresServer.StartAsync(), await ConsulAgent.StartAsync(), await ConsulAgent.StartAsync(new() { Acl = true }));
    }

    public async ValueTask DisposeAsync()
    {
        if (StrictConsul is not null) await StrictConsul.DisposeAsync();
        if (Consul is not null) await Consul.DisposeAsync();
        if (Postgres is not null) await Postgres.DisposeAsync();
    }

    /// <summary>A cluster that no other test has, in a schema of its own.</summary>
    internal Setup Next() => new(
        string.Create(CultureInfo.InvariantCulture, $"setup_{Interlocked.Increment(ref setups)}"), Postgres.ConnectionString, Consul.Address.ToString());
}

/// <summary>The settings of a cluster's processes.</summary>
internal sealed class Setup(string name, string postgres, string consul)
{
    public const string Silo = "silo";

    public const string Gateway = "gateway";

    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Of the cluster, and of its schema.</summary>
    public string Name => name;

    /// <summary>Where its membership table is in Consul.</summary>
    public string Folder => $"orleans/{name}/";

    /// <summary>A process's settings, right but for those that are given, by their keys with colons.</summary>
    public SiloProcessOptions Options(string role, params IEnumerable<(string Key, string Value)> others)
    {
        var settings = new Dictionary<string, string>
        {
            ["Monitor:Role"] = role,
            ["Monitor:Postgres:ConnectionString"] = postgres,
            ["Monitor:Postgres:Schema"] = name,
            ["Monitor:ClusterId"] = name,
            ["Monitor:Partitions"] = "2",
            ["Monitor:SiloPort"] = "0",
            ["Monitor:SiloGatewayPort"] = "0",
            ["Consul:Addresses:0"] = consul,
        };
        foreach (var (key, value) in others) settings[key] = value;
        return new() { ReadyTimeout = TimeSpan.FromSeconds(45), Environment = settings.ToDictionary(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value) };
    }

    public SiloProcess Launch(string role, params IEnumerable<(string Key, string Value)> others) => SiloProcess.Launch(Options(role, others));

    /// <summary>Runs a process that must refuse to start, with exit code 1 and without a secret, and answers the lines that say why.</summary>
    public async Task<string> RefusedAsync(string role, params IEnumerable<(string Key, string Value)> others)
    {
        var (exitCode, log) = await SiloProcess.RunToEndAsync(Options(role, others), EndTimeout, TestContext.Current.CancellationToken);
        var reasons = log.Lines.Where(line => line.StartsWith("Monitor does not start: ", StringComparison.Ordinal)).ToList();
        Assert.True(exitCode == 1 && reasons.Count > 0, $"A {role} ended with {exitCode}:\n{log.Tail()}");
        Assert.Empty(log.Errors());
        Assert.DoesNotContain(log.Lines, line => line.StartsWith("   at ", StringComparison.Ordinal) || line.Contains("Unhandled exception", StringComparison.Ordinal));
        foreach (var (_, secret) in others.Where(setting => setting.Key is "Consul:Token"))
            Assert.DoesNotContain(log.Lines, line => line.Contains(secret, StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, line => line.Contains("not-a-secret", StringComparison.Ordinal) || line.Contains("Password=", StringComparison.OrdinalIgnoreCase));
        return string.Join('\n', reasons);
    }
}
