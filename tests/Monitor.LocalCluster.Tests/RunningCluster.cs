using Monitor.Testing.Processes;

namespace Monitor.LocalCluster.Tests;

/// <summary>A cluster of one silo and one gateway, for the tests that leave it as they found it.</summary>
public sealed class RunningCluster : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("monitor-cluster-").FullName;

    public LoopbackCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await LoopbackCluster.UpAsync(new()
    {
        Folder = folder, Silos = 1, Gateways = 1, ServerPath = BuiltAssembly.Silo, UsualPorts = false, Settings = new Dictionary<string, string> { ["Monitor:Partitions"] = "4" },
    });

    public async ValueTask DisposeAsync()
    {
        if (Cluster is null) return;
        await Cluster.DownAsync();
        KeepLogs();
        await Cluster.DownAsync(delete: true);
        Cluster.Dispose();
    }

    // Where the environment names a folder for them, as .ci/run does.
    private void KeepLogs()
    {
        if (Environment.GetEnvironmentVariable("MONITOR_TEST_LOGS") is not { Length: > 0 } kept) return;
        Directory.CreateDirectory(kept);
        foreach (var member in Cluster.Members.Where(member => File.Exists(Cluster.LogOf(member.Name))))
            File.Copy(Cluster.LogOf(member.Name), Path.Combine(kept, $"cluster-{Environment.ProcessId}-{member.Name}.log"), overwrite: true);
    }
}
