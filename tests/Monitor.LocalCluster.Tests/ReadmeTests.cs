using System.Text.Json;
using System.Text.RegularExpressions;
using Monitor.Testing;

namespace Monitor.LocalCluster.Tests;

/// <summary>What the README says of a cluster on one machine, word for word; each test leaves it ready.</summary>
public sealed partial class ReadmeTests(ReadmeCluster cluster) : IClassFixture<ReadmeCluster>
{
    // Orleans finds out that a silo is dead after some seconds, and Consul that a gateway is after 10 s.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task TwoCommands_ThreeSilosAndTwoGateways_AnswerTheSeedsQueryThroughConsul()
    {
        var query = await cluster.QueryAsync();

        Assert.True(query.ExitCode == 0, query.Error);
        AssertAnswer(query.Output);
        Assert.Equal(
            ["consul-1", "postgres", "silo-1", "silo-2", "silo-3", "gateway-1", "gateway-2", "example"],
            (await StatusAsync()).Keys.Where(name => name != "silo-4"));
        Assert.Contains("monitor cluster kill silo-1 --folder", cluster.Up, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kill_ASilo_StatusShowsItAndTheAnswerIsTheSameUntilAndAfterItsStart()
    {
        await DoAsync("kill", "silo-1", "silo-1 killed");

        Assert.Equal("dead, not running", (await StatusAsync())["silo-1"]);
        await AnswersAsync("without silo-1");
        await DoAsync("start", "silo-1", "silo-1 ready");
        await AnswersAsync("with silo-1 again");
        await ReadyAsync();
    }

    [Fact]
    public async Task Pause_AGateway_TheOtherAnswersAndItGoesOn()
    {
        await DoAsync("pause", "gateway-1", "gateway-1 paused");

        Assert.Equal("paused, paused", (await StatusAsync())["gateway-1"]);
        await AnswersAsync("while gateway-1 stands still");
        await DoAsync("resume", "gateway-1", "gateway-1 goes on");
        await ReadyAsync();
    }

    [Fact]
    public async Task Add_ASilo_JoinsTheCluster()
    {
        await DoAsync("add", "silo", "silo-4 ready");

        Assert.Equal("running, ready", (await StatusAsync())["silo-4"]);
        await AnswersAsync("with silo-4");
        await ReadyAsync();
    }

    [Theory]
    [InlineData("kill")]
    [InlineData("stop")]
    [InlineData("start")]
    [InlineData("pause")]
    [InlineData("resume")]
    public async Task Verb_AMemberThatIsNotThere_NamesThoseThatAreAndTouchesNone(string verb)
    {
        var refused = await cluster.RunAsync(verb, "silo-2", "silo-9");

        Assert.Equal(3, refused.ExitCode);
        Assert.Contains("silo-9", refused.Error, StringComparison.Ordinal);
        Assert.Contains("silo-2", refused.Error, StringComparison.Ordinal);
        Assert.Empty(refused.Output);
        Assert.Equal("running, ready", (await StatusAsync())["silo-2"]);
    }

    [Fact]
    public async Task Start_AMemberThatRuns_IsRefused()
    {
        var refused = await cluster.RunAsync("start", "silo-2");

        Assert.Equal(3, refused.ExitCode);
        Assert.Contains("silo-2 runs already, as process", refused.Error, StringComparison.Ordinal);
    }

    // The README's, byte for byte, but for the two that are of the run: the instance's UUID, and when it reported.
    private static void AssertAnswer(string output) => Assert.Equal(OfTheRun().Replace(ReadmeAnswer(), "…"), OfTheRun().Replace(output, "…"));

    [GeneratedRegex("""(?<="go-server-)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=",\n)|(?<="timestamp": )[0-9]{10}(?=\n)""")]
    private static partial Regex OfTheRun();

    private static string ReadmeAnswer()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Monitor.sln"))) folder = folder.Parent!;
        var readme = File.ReadAllText(Path.Combine(folder.FullName, "README.md"));
        var from = readme.IndexOf("```json\n", StringComparison.Ordinal) + "```json\n".Length;
        return readme[from..readme.IndexOf("```", from, StringComparison.Ordinal)];
    }

    private async Task DoAsync(string verb, string member, string said)
    {
        var (exitCode, output, error) = await cluster.RunAsync(verb, member);
        Assert.True(exitCode == 0, error);
        Assert.Equal($"{said}\n", output);
    }

    private async Task<Dictionary<string, string>> StatusAsync()
    {
        var (exitCode, output, error) = await cluster.RunAsync("status", "--json");
        Assert.True(exitCode == 0, error);
        using var json = JsonDocument.Parse(output);
        return json.RootElement.GetProperty("members").EnumerateArray().ToDictionary(
            member => member.GetProperty("name").GetString()!,
            member => $"{member.GetProperty("state").GetString()}, {member.GetProperty("whyNotReady").GetString() ?? "ready"}");
    }

    // What was on its way to whoever was killed or paused may fail, which is exit code 3; a wrong answer is never given meanwhile.
    private async Task AnswersAsync(string when)
    {
        var (exitCode, output, error) = await Eventually.GetAsync($"the query is answered {when}", _ => cluster.QueryAsync(), static query => query.ExitCode != 3, Limit);
        Assert.True(exitCode == 0, $"{exitCode}: {error}");
        AssertAnswer(output);
    }

    private Task ReadyAsync() => Eventually.UntilAsync(
        "every member is ready", async _ => (await StatusAsync()).Values.All(state => state == "running, ready"), Limit);
}
