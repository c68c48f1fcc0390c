using Monitor.LocalCluster.Processes;
using Monitor.Testing;

namespace Monitor.LocalCluster.Tests.Processes;

public sealed class DetachedProcessTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("monitor-detached-").FullName;
    private readonly List<ProcessIdentity> started = [];

    private string Log => Path.Combine(folder, "log");

    [Fact]
    public async Task Start_AProgram_HasASessionOfItsOwnNoInputAndItsOutputInTheFile()
    {
        var process = Start("cat; echo out; echo err >&2; exec sleep 100");

        await Eventually.UntilAsync("the program wrote to its log", () => File.Exists(Log) && File.ReadAllText(Log) == "out\nerr\n");
        var stat = File.ReadAllText($"/proc/{process.Id}/stat").Split(") ")[1].Split(' ');
        Assert.Equal($"{process.Id}", stat[3]);
        Assert.Equal(ProcessCondition.Running, process.Condition);
    }

    [Fact]
    public async Task Start_ASecondTime_AddsToTheLog()
    {
        foreach (var word in new[] { "one", "two" }) await Start($"echo {word}").GoneAsync(Eventually.DefaultTimeout, default);

        Assert.Equal("one\ntwo\n", File.ReadAllText(Log));
    }

    [Fact]
    public async Task Start_WithSettingsOfThisProcess_DoesNotHandThemOn()
    {
        Environment.SetEnvironmentVariable("Monitor__LocalClusterTest", "mine");

        await Start("env", new() { ["Monitor__Role"] = "silo" }).GoneAsync(Eventually.DefaultTimeout, default);

        var lines = File.ReadAllLines(Log);
        Assert.Contains("Monitor__Role=silo", lines);
        Assert.DoesNotContain("Monitor__LocalClusterTest=mine", lines);
    }

    [Fact]
    public async Task Send_StopAndContinue_ConditionFollows()
    {
        var process = Start("exec sleep 100");

        process.Send(Signal.Stop);
        await Eventually.UntilAsync("the process is paused", () => process.Condition == ProcessCondition.Paused);
        process.Send(Signal.Continue);
        await Eventually.UntilAsync("the process runs", () => process.Condition == ProcessCondition.Running);
        process.Send(Signal.Kill);
        Assert.True(await process.GoneAsync(Eventually.DefaultTimeout, default));
    }

    [Fact]
    public async Task Send_ToANumberThatIsAnotherProcessNow_LeavesThatAlone()
    {
        var process = Start("exec sleep 100");
        var before = process with { StartTicks = process.StartTicks - 1 };
        var beforeBoot = process with { Boot = "another" };

        foreach (var old in new[] { before, beforeBoot })
        {
            Assert.Equal(ProcessCondition.Gone, old.Condition);
            old.Send(Signal.Kill);
        }

        // What is sent to itself comes after: so the one before, had it been sent, would be seen.
        process.Send(Signal.Stop);
        await Eventually.UntilAsync("the process is paused", () => process.Condition == ProcessCondition.Paused);
    }

    [Fact]
    public void WorkingIn_AFolder_FindsItsProcesses()
    {
        var process = Start("exec sleep 100");

        Assert.Equal([process], ProcessIdentity.WorkingIn(folder));
    }

    public void Dispose()
    {
        foreach (var process in started) process.Send(Signal.Kill);
        Directory.Delete(folder, recursive: true);
    }

    private ProcessIdentity Start(string script, Dictionary<string, string>? environment = null)
    {
        var process = DetachedProcess.Start(new("sh", ["-c", script]) { Environment = environment ?? [] }, folder, Log);
        started.Add(process);
        return process;
    }
}
