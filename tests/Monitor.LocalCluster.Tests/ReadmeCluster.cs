using Monitor.Testing.Processes;

namespace Monitor.LocalCluster.Tests;

/// <summary>The cluster of the README, started by its command, but on free ports, and ended by <c>down</c>.</summary>
public sealed class ReadmeCluster : IAsyncLifetime
{
    // Eight processes that start at once, on a machine that has other tests to run.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public string Folder { get; } = Directory.CreateTempSubdirectory("monitor-readme-").FullName;

    /// <summary>What <c>up</c> wrote.</summary>
    public string Up { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        var (exitCode, output, error) = await RunAsync("up", "--silos", "3", "--gateways", "2", "--example", "--any-ports", "--server-path", BuiltAssembly.Silo);
        if (exitCode != 0) throw new InvalidOperationException($"up ended with {exitCode}: {error}");
        Up = output;
    }

    /// <summary>Runs a verb of <c>monitor cluster</c> on it.</summary>
    public Task<(int ExitCode, string Output, string Error)> RunAsync(string verb, params string[] arguments) =>
        CommandProcess.RunAsync(BuiltAssembly.Cli, ["cluster", verb, "--folder", Folder, .. arguments], timeout: Limit);

    /// <summary>The README's query, which finds the gateways by Consul.</summary>
    public Task<(int ExitCode, string Output, string Error)> QueryAsync()
    {
        using var cluster = LoopbackCluster.Open(Folder);
        return CommandProcess.RunAsync(
            BuiltAssembly.Cli,
            ["query", "--server", "consul:///go.micro.srv.monitor", "go.micro.srv.monitor", "Monitor.HealthChecks", """{"id": "go.micro.healthcheck.pong"}"""],
            new Dictionary<string, string> { ["CONSUL_HTTP_ADDR"] = cluster["consul-1"].Http!.Authority });
    }

    public async ValueTask DisposeAsync()
    {
        if (!File.Exists(Path.Combine(Folder, ClusterState.FileName))) return;
        var (exitCode, _, error) = await RunAsync("down", "--delete");
        if (exitCode != 0) throw new InvalidOperationException($"down ended with {exitCode}: {error}");
        if (Directory.Exists(Folder)) throw new InvalidOperationException($"down --delete left {Folder}.");
    }
}
