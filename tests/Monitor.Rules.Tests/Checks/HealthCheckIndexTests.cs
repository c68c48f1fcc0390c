using Monitor.Protocol;
using Monitor.Rules.Checks;
using Monitor.Rules.Keys;
using Monitor.Rules.Services;

namespace Monitor.Rules.Tests.Checks;

public sealed class HealthCheckIndexTests
{
    private static Event Transition(string instance, int current, Event.Types.Kind kind = Event.Types.Kind.Appeared, long version = 1, string serviceVersion = "1.0.0") => new()
    {
        Kind = kind,
        Service = new() { Name = "s", Id = instance, Version = serviceVersion },
        Current = current,
        Version = version,
        Freshness = kind == Event.Types.Kind.Overdue ? Freshness.Unknown : Freshness.Fresh,
    };

    [Fact]
    public void Page_WithStatus_FiltersBeforeOffsetAndLimit()
    {
        var index = new HealthCheckIndex();
        for (var i = 0; i < 10; i++) index.Apply(Transition($"i{i}", (i % 2) + 1));
        var page = index.Page(null, HealthCheck.Types.Status.Error, null, 1, 2, out var more);
        Assert.Equal([new InstanceKey("s", "i3"), new InstanceKey("s", "i5")], page);
        Assert.True(more);
        Assert.Equal([new InstanceKey("s", "i7"), new InstanceKey("s", "i9")], index.Page("s", HealthCheck.Types.Status.Error, page[^1], 0, 5, out more));
        Assert.False(more);
    }

    [Fact]
    public void Apply_OlderVersion_ChangesNothing()
    {
        var index = new HealthCheckIndex();
        index.Apply(Transition("i", 2, version: 5));
        index.Apply(Transition("i", 1, version: 4));
        Assert.Single(index.Page(null, HealthCheck.Types.Status.Error, null, 0, 9, out _));
    }

    [Fact]
    public void Apply_Expired_Removes()
    {
        var index = new HealthCheckIndex();
        index.Apply(Transition("i", 1));
        index.Apply(Transition("i", 1, Event.Types.Kind.Expired, 2));
        Assert.Equal(0, HealthCheckIndex.From(index.ToSnapshot()).Count);
    }

    [Fact]
    public void Versions_SeveralInstances_ShowTheWorst()
    {
        var service = new ServiceInstances();
        service.Apply(Transition("a", 2));
        service.Apply(Transition("b", 1));
        service.Apply(Transition("c", 3));
        service.Apply(Transition("d", 3, serviceVersion: "2.0.0"));
        service = ServiceInstances.From(service.ToSnapshot());
        var versions = service.Versions();
        Assert.Equal(["1.0.0", "2.0.0"], versions.Select(v => v.Version));
        Assert.Equal((Status.Types.Status.Started, "b"), (versions[0].Worst, versions[0].WorstInstance));
        Assert.Equal(Status.Types.Status.Stopped, versions[1].Worst);
        service.Apply(Transition("a", 2, Event.Types.Kind.Overdue, 2));
        Assert.Equal((Status.Types.Status.Unknown, "a"), (service.Versions()[0].Worst, service.Versions()[0].WorstInstance));
    }
}
