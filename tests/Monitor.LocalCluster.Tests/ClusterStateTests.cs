using System.Runtime.Versioning;

namespace Monitor.LocalCluster.Tests;

public sealed class ClusterStateTests : IDisposable
{
    private static readonly ClusterState Empty = new("/server/Monitor.Silo.dll", "secret", new Dictionary<string, string> { ["Monitor:Partitions"] = "4" }, []);

    private readonly string folder = Directory.CreateTempSubdirectory("monitor-state-").FullName;

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        var member = Of("silo-1", MemberKind.Silo, 12_345) with { Process = new(42, 4711, "boot"), Command = ["dotnet", "Monitor.Silo.dll"] };
        Empty.With(member).Write(folder);

        var read = ClusterState.Read(folder)!;
        Assert.Equal(("/server/Monitor.Silo.dll", "secret", "4"), (read.Server, read.PostgresPassword, read.Settings["Monitor:Partitions"]));
        var only = Assert.Single(read.Members);
        Assert.Equal((member.Name, member.Kind, member.Process, 12_345), (only.Name, only.Kind, only.Process, only.Ports["http"]));
        Assert.Equal(member.Command, only.Command);
    }

    [Fact, SupportedOSPlatform("linux")]
    public void Write_Always_IsForItsOwnerOnly()
    {
        Empty.Write(folder);
        Empty.Write(folder);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, ClusterState.FileName)));
        Assert.Single(Directory.GetFiles(folder));
    }

    [Fact]
    public void Read_NoFile_IsNull() => Assert.Null(ClusterState.Read(Path.Combine(folder, "nothing")));

    [Fact]
    public void Read_AFileThatIsNoState_NamesTheFile()
    {
        File.WriteAllText(Path.Combine(folder, ClusterState.FileName), "{");

        Assert.Contains(folder, Assert.Throws<ClusterException>(() => ClusterState.Read(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_MembersInAnyOrder_KeepsTheOrderOfStarting()
    {
        var state = Empty;
        foreach (var (name, kind) in new[] { ("gateway-1", MemberKind.Gateway), ("silo-10", MemberKind.Silo), ("postgres", MemberKind.Postgres), ("silo-2", MemberKind.Silo), ("consul-1", MemberKind.Consul) })
            state = state.With(Of(name, kind, 1));

        Assert.Equal(["consul-1", "postgres", "silo-2", "silo-10", "gateway-1"], state.Members.Select(member => member.Name));
        Assert.Equal("silo-1", state.NextName(MemberKind.Silo));
    }

    [Fact]
    public void Member_ThatIsNotThere_NamesThoseThatAre() =>
        Assert.Contains("silo-1", Assert.Throws<ClusterException>(() => Empty.With(Of("silo-1", MemberKind.Silo, 1))["silo-9"]).Message, StringComparison.Ordinal);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static Member Of(string name, MemberKind kind, int http) => new(name, kind, new Dictionary<string, int> { ["http"] = http });
}
