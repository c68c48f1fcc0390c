using System.Diagnostics;
using System.Globalization;
using Monitor.Architecture.Tests.Settings;

namespace Monitor.Architecture.Tests.Deployment;

/// <summary>The unit of systemd, and the files of settings that belong to it.</summary>
public sealed class SystemdTests
{
    private static readonly string Folder = Path.Combine(House.Root, "deploy", "systemd");
    private static readonly string Unit = Path.Combine(Folder, "monitor@.service");

    public static TheoryData<string> EnvironmentFiles => [.. Directory.EnumerateFiles(Folder, "*.env").Select(file => Path.GetFileName(file))];

    [Fact]
    public void Unit_StopTimeout_IsLongerThanTheDrain() => Assert.True(int.Parse(Values("TimeoutStopSec").Single(), CultureInfo.InvariantCulture) > Drain.Bound.TotalSeconds);

    [Fact]
    public void Unit_Environment_IsSettings() => AssertSettings(Values("Environment").Where(assignment => !assignment.StartsWith("DOTNET_", StringComparison.Ordinal)));

    // What is commented out is an offer, and is to be right too.
    [Theory, MemberData(nameof(EnvironmentFiles))]
    public void EnvironmentFile_IsSettings(string file) => AssertSettings(File.ReadLines(Path.Combine(Folder, file)).Select(line => line.TrimStart('#', ' ')).Where(line => line.Contains("__", StringComparison.Ordinal)));

    [Fact]
    public async Task Unit_SystemdItself_FindsNothingWrong()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd is not installed.");
        var folder = Directory.CreateTempSubdirectory("monitor-unit-");
        try
        {
            // It looks for the program, which is not installed here.
            var installed = (await File.ReadAllTextAsync(Unit)).Replace("ExecStart=/opt/monitor/Monitor.Silo", "ExecStart=/bin/true", StringComparison.Ordinal);
            var silo = Path.Combine(folder.FullName, "monitor@silo.service");
            await File.WriteAllTextAsync(silo, installed);
            using var verify = Process.Start(new ProcessStartInfo("/usr/bin/systemd-analyze", ["verify", "--man=no", silo]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var said = await verify.StandardError.ReadToEndAsync();
            await verify.WaitForExitAsync();

            Assert.Equal((0, ""), (verify.ExitCode, said));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<string> Values(string key) => File.ReadLines(Unit).Where(line => line.StartsWith($"{key}=", StringComparison.Ordinal)).Select(line => line[(key.Length + 1)..]);

    private static void AssertSettings(IEnumerable<string> assignments)
    {
        var keys = assignments.Select(assignment => assignment.Split('=')[0].Replace("__", ":", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(keys);
        Assert.Empty(keys.Select(key => key.StartsWith("Consul:Addresses:", StringComparison.Ordinal) ? "Consul:Addresses:0" : key).Except(Setting.All.Keys));
    }
}
