using Monitor.Protocol;
using Monitor.Rules.Services;
using Kind = Monitor.Protocol.Status.Types.Status;
using State = Monitor.Protocol.ServiceSummary.Types.State;

namespace Monitor.Rules.Tests.Services;

public sealed class AggregateTests
{
    [Fact]
    public void Count_EachKindOfInstance_FillsOneClassOfEach()
    {
        var sum = Aggregate.Empty("go-server");
        PartitionEntry[] entries =
        [
            Live(Kind.Running, ok: 3, error: 2, unknown: 1),
            new(Live(Kind.Running, ok: 2, error: 1, unknown: 1)) { Overdue = true, OverdueChecks = 3, OverdueOk = 1, OverdueError = 1 },
            Live(Kind.Started),
            Live(Kind.Unknown, ok: 1),
            new(Live(Kind.Stopped, ok: 1, error: 1)) { OverdueChecks = 2, OverdueOk = 1, OverdueError = 1 },
            new() { Status = (int)Kind.Running, Ok = 5 }, // expired
        ];
        foreach (var entry in entries) Aggregate.Count(sum, entry, 1);
        Assert.Equal(new InstanceCounts { Running = 1, Started = 1, Unknown = 2, Stopped = 1, Overdue = 1 }, sum.Instances);
        Assert.Equal(new HealthCheckCounts { Ok = 5, Error = 2, Unknown = 4, Stopped = 2, Overdue = 3 }, sum.Healthchecks);

        var twice = Aggregate.Empty("go-server");
        Aggregate.Add(twice, sum);
        Aggregate.Add(twice, sum);
        foreach (var entry in entries) Aggregate.Count(twice, entry, -1);
        Assert.Equal(sum, twice);
    }

    [Fact]
    public void Worst_OfCounts_IsAsDocumented()
    {
        Assert.Equal(State.Unknown, Worst());
        Assert.Equal(State.Ok, Worst(Live(Kind.Running, ok: 1)));
        Assert.Equal(State.Ok, Worst(Live(Kind.Unknown, ok: 1))); // reports healthchecks alone
        Assert.Equal(State.Unknown, Worst(Live(Kind.Running, ok: 1), new(Live(Kind.Running)) { Overdue = true }));
        Assert.Equal(State.Unknown, Worst(new PartitionEntry(Live(Kind.Running, error: 1)) { OverdueChecks = 1, OverdueError = 1 }));
        Assert.Equal(State.Error, Worst(Live(Kind.Running, error: 1), new(Live(Kind.Running)) { Overdue = true }));
        Assert.Equal(State.Unknown, Worst(Live(Kind.Stopped, ok: 1)));
        Assert.Equal(State.Ok, Worst(Live(Kind.Stopped, error: 1), Live(Kind.Running)));
    }

    private static PartitionEntry Live(Kind status, int ok = 0, int error = 0, int unknown = 0) =>
        new() { IsLive = true, HasStatus = true, Status = (int)status, Ok = ok, Error = error, Unknown = unknown };

    private static State Worst(params PartitionEntry[] entries)
    {
        var sum = Aggregate.Empty("");
        foreach (var entry in entries) Aggregate.Count(sum, entry, 1);
        return Aggregate.Worst(sum);
    }
}
