using Monitor.LocalCluster.Processes;
using Monitor.LocalCluster.Programs;
using Monitor.Testing.Processes;

namespace Monitor.LocalCluster.Tests;

/// <summary>The verbs, as a shell runs them.</summary>
public sealed class CommandTests : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(3);

    private readonly string folder = Directory.CreateTempSubdirectory("monitor-cluster-").FullName;

    [Fact]
    public async Task UpWithTheExampleThenDown_AnswersTheQueryAndLeavesNoProcess()
    {
        var up = await MonitorAsync("up", "--silos", "1", "--gateways", "1", "--any-ports", "--example", "--server-path", BuiltAssembly.Silo);
        Assert.True(up.ExitCode == 0, up.Error);
        var processes = Processes();
        Assert.Equal(5, processes.Count);

        // What it proposes is answered at once.
        Assert.Contains("monitor query", up.Output, StringComparison.Ordinal);
        using (var cluster = LoopbackCluster.Open(folder))
        {
            var query = await CommandProcess.RunAsync(
                BuiltAssembly.Cli,
                ["query", "go.micro.srv.monitor", "Monitor.HealthChecks", """{"id": "go.micro.healthcheck.pong"}""", "--server", cluster["gateway-1"].Grpc!.ToString()]);
            Assert.Contains("a catastrophic failure occurred", query.Output, StringComparison.Ordinal);
        }

        var down = await MonitorAsync("down", "--delete");

        Assert.True(down.ExitCode == 0, down.Error);
        Assert.All(processes, process => Assert.Equal(ProcessCondition.Gone, process.Condition));
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task Up_ASettingThatTheServerRefuses_ShowsItsWordsAndTakesAllDown()
    {
        var up = await MonitorAsync("up", "--silos", "1", "--gateways", "1", "--any-ports", "--server-path", BuiltAssembly.Silo, "--set", "Monitor:Partitions=0");

        Assert.Equal(3, up.ExitCode);
        Assert.Contains("Monitor:Partitions", up.Error, StringComparison.Ordinal);
        Assert.All(Processes(), process => Assert.Equal(ProcessCondition.Gone, process.Condition));
    }

    [Theory]
    [InlineData("status")]
    [InlineData("down")]
    [InlineData("kill", "silo-1")]
    [InlineData("start", "silo-1")]
    [InlineData("pause", "silo-1")]
    [InlineData("add", "silo")]
    public async Task Verb_AFolderWithoutACluster_SaysHowToStartOneThere(string verb, params string[] arguments)
    {
        var refused = await MonitorAsync(verb, arguments);

        Assert.Equal((3, ""), (refused.ExitCode, refused.Output));
        Assert.Contains($"{folder} holds no cluster. Start one there: monitor cluster up --folder {folder}", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_NeitherConsulNorApt_SaysWhatIsMissingAndHowToGetIt()
    {
        var up = await UpWithPathAsync(Directory.CreateDirectory(Path.Combine(folder, "path")).FullName);

        Assert.Equal(3, up.ExitCode);
        Assert.Contains("consul is not on the PATH, and could not be fetched", up.Error, StringComparison.Ordinal);
        Assert.Contains("Install Consul 1.8 or later, and put consul on the PATH.", up.Error, StringComparison.Ordinal);
        Assert.All(Processes(), process => Assert.Equal(ProcessCondition.Gone, process.Condition));
    }

    public async ValueTask DisposeAsync()
    {
        if (!File.Exists(Path.Combine(folder, ClusterState.FileName))) return;
        using var cluster = LoopbackCluster.Open(folder);
        await cluster.DownAsync(delete: true);
    }

    // Whatever the machine has, and has fetched before, is out of sight.
    private Task<(int ExitCode, string Output, string Error)> UpWithPathAsync(string path) => CommandProcess.RunAsync(
        BuiltAssembly.Cli,
        ["cluster", "up", "--folder", folder, "--silos", "1", "--gateways", "1", "--any-ports", "--server-path", BuiltAssembly.Silo],
        new Dictionary<string, string> { ["PATH"] = path, ["XDG_CACHE_HOME"] = Path.Combine(folder, "cache") },
        Timeout);

    private List<ProcessIdentity> Processes() => [.. ClusterState.Read(folder)!.Members.Select(member => member.Process).OfType<ProcessIdentity>()];

    private Task<(int ExitCode, string Output, string Error)> MonitorAsync(string verb, params string[] options) =>
        CommandProcess.RunAsync(BuiltAssembly.Cli, ["cluster", verb, "--folder", folder, .. options], timeout: Timeout);
}
