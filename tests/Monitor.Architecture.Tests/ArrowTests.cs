using NetArchTest.Rules;

namespace Monitor.Architecture.Tests;

public sealed class ArrowTests
{
    public static TheoryData<string> Rooms => [.. House.Arrows.Keys];

    [Fact]
    public void House_EveryProject_HasItsArrowsWrittenDown() =>
        Assert.Equal(House.Arrows.Keys.Order(StringComparer.Ordinal), House.Projects.Keys.Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Rooms))]
    public void Project_References_PointDownOnly(string room) =>
        Assert.Empty(House.Projects[room].Except(House.Arrows[room]));

    // What comes along with a reference can be used without one of its own: so look at what is used.
    [Theory, MemberData(nameof(Rooms))]
    public void Assembly_Uses_PointDownOnly(string room)
    {
        var ours = House.Arrows.Keys.Select(House.AssemblyName).ToHashSet();
        var used = House.Load(room).GetReferencedAssemblies().Select(name => name.Name!).Where(ours.Contains);

        Assert.Empty(used.Except(House.Arrows[room].Select(House.AssemblyName)));
    }

    [Fact]
    public void Gateway_NothingItReferences_LeadsToGrains()
    {
        HashSet<string> reached = [];
        Visit("Monitor.Gateway");
        Assert.DoesNotContain("Monitor.Grains", reached);

        void Visit(string project)
        {
            if (reached.Add(project)) Array.ForEach(House.Projects[project], Visit);
        }
    }

    [Fact]
    public void Rules_AllTypes_AreFreeOfInputOutputClockAndOrleans()
    {
        var result = Types.InAssembly(House.Load("Monitor.Rules"))
            .ShouldNot()
            .HaveDependencyOnAny(
                "Orleans", "Grpc", "Microsoft.AspNetCore", "Microsoft.Extensions.Logging", "System.TimeProvider", "System.Diagnostics.Stopwatch", "System.Threading.Timer",
                "System.Threading.Tasks", "System.IO.File", "System.IO.Stream", "System.Net", "System.Random")
            .GetResult();

        Assert.Empty(result.FailingTypeNames ?? []);
    }

    // A reporter must not drag a cluster or a database into the service that it reports for.
    [Theory]
    [InlineData("Monitor.Protocol")]
    [InlineData("Monitor.Client")]
    [InlineData("Monitor.Client.Consul")]
    [InlineData("Monitor.Cli")]
    [InlineData("Monitor.Journal")]
    public void Assembly_OutsideTheCluster_KnowsNoOrleans(string room) =>
        Assert.DoesNotContain(House.Load(room).GetReferencedAssemblies(), name => name.Name!.StartsWith("Orleans", StringComparison.Ordinal));
}
