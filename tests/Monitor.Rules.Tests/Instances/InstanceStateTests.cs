using Google.Protobuf;
using Monitor.Protocol;
using Monitor.Rules.Instances;
using Monitor.Rules.Staleness;

namespace Monitor.Rules.Tests.Instances;

public sealed class InstanceStateTests
{
    private readonly InstanceTimeline line = new();

    private Outcome OutcomeOf(long position, int index = 0) => line.State.Irregular.Of(position, index);

    private HealthCheck Check(string id, View view = View.Full) => Assert.Single(line.State.HealthChecks(id, view, line.NowMs, line.Blind));

    private Status Status(View view = View.Full) => line.State.Status(view, line.NowMs, line.Blind)!;

    [Fact]
    public void Apply_FirstReports_AppearOnce()
    {
        line.Feed(line.Reports.Status(), line.Reports.Check("ping"));
        Assert.Equal("instance:Appeared:2 ping:Appeared:1", line.Kinds());
        line.After(5);
        line.Feed(line.Reports.Status(), line.Reports.Check("ping"));
        Assert.Equal("", line.Kinds());
        Assert.Equal(2, line.State.Version);
    }

    [Fact]
    public void Apply_ChangedStatus_IsATransition()
    {
        line.Feed(line.Reports.Status(), line.Reports.Check("ping"));
        line.TakeEvents();
        line.After(5);
        line.Feed(line.Reports.Check("ping", "broken"));
        var changed = Assert.Single(line.TakeEvents());
        Assert.Equal((Event.Types.Kind.StatusChanged, 1, 2, 3L), (changed.Kind, changed.Previous, changed.Current, changed.Version));
        Assert.Equal("broken", Check("ping").Error);
    }

    [Fact]
    public void Apply_SameRecordAgain_ChangesNothing()
    {
        line.Feed(line.Reports.Check("ping"));
        var before = line.State.ToSnapshot();
        line.State.Apply(line.Reports.Batch(line.Reports.Check("ping", "x")).ToByteArray(), 1, line.NowMs, line.Blind, new());
        Assert.Equal(before, line.State.ToSnapshot());
    }

    [Fact]
    public void Apply_SameSequenceAgain_IsADuplicate()
    {
        var ping = line.Reports.Check("ping");
        line.Feed(ping);
        var again = line.Feed(ping);
        Assert.Equal(Outcome.Duplicate, OutcomeOf(again));
        Assert.Equal(1UL, Status().Derived.Counters.Duplicate);
        Assert.Single(line.History(new() { Limit = 10 }).Entries);
    }

    [Fact]
    public void Apply_OlderSequence_IsLateAndLeavesTheState()
    {
        var older = line.Reports.Check("ping", "old news");
        var newer = line.Reports.Check("ping");
        line.Feed(newer);
        line.TakeEvents();
        var late = line.Feed(older);
        Assert.Equal(Outcome.LateReport, OutcomeOf(late));
        Assert.Equal(HealthCheck.Types.Status.Ok, Check("ping").Status);
        Assert.Equal("", line.Kinds());
        Assert.Equal([true, false], line.History(new() { Limit = 10 }).Entries.Select(e => e.Late));
    }

    [Fact]
    public void Apply_WithoutSequence_IsOrderedByTimestampAndToldApartByContent()
    {
        var plain = line.Reporter(epoch: 0);
        var first = plain.Check("ping");
        line.After(1);
        var second = plain.Check("ping", "x");
        line.Feed(plain.Batch(second));
        Assert.Equal(Outcome.LateReport, OutcomeOf(line.Feed(plain.Batch(first))));
        Assert.Equal(Outcome.Duplicate, OutcomeOf(line.Feed(plain.Batch(first))));
        Assert.Equal(Outcome.Duplicate, OutcomeOf(line.Feed(plain.Batch(second))));
        Assert.Equal("x", Check("ping").Error);
    }

    [Fact]
    public void Apply_SameTimestampOtherContent_TheLaterArrivalCounts()
    {
        var plain = line.Reporter(epoch: 0);
        line.Feed(plain.Batch(plain.Check("ping")));
        line.Feed(plain.Batch(plain.Check("ping", "x")));
        Assert.Equal("x", Check("ping").Error);
    }

    [Fact]
    public void Apply_NewEpoch_IsAnIncarnationAndTheOldOneIsLate()
    {
        line.Feed(line.Reports.Status(), line.Reports.Check("ping"));
        var zombie = line.Reports.Check("ping", "zombie");
        var zombieNew = line.Reports.Check("other", "zombie");
        line.TakeEvents();
        var next = line.Reporter(epoch: 2);
        line.After(1);
        line.Feed(next.Batch(next.Status()));
        Assert.Equal("instance:Incarnation:2", line.Kinds());
        var late = line.Feed(line.Reports.Batch(zombie, zombieNew));
        Assert.Equal((Outcome.LateReport, Outcome.LateReport), (OutcomeOf(late, 0), OutcomeOf(late, 1)));
        Assert.Empty(line.State.HealthChecks("other", View.Full, line.NowMs, line.Blind));
        Assert.Equal(Outcome.Duplicate, OutcomeOf(line.Feed(line.Reports.Batch(zombie))));
    }

    [Fact]
    public void Apply_ChecksWithoutStatus_ImplyAStatusUnknown()
    {
        line.Feed(line.Reports.Check("ping"));
        Assert.Equal("instance:Appeared:0 ping:Appeared:1", line.Kinds());
        Assert.Equal(Protocol.Status.Types.Status.Unknown, Status().Status_);
        line.Feed(line.Reports.Status());
        Assert.Equal("instance:StatusChanged:2", line.Kinds());
        Assert.Equal(Protocol.Status.Types.Status.Running, Status().Status_);
    }

    [Fact]
    public void Apply_OtherVersion_IsTold()
    {
        line.Feed(line.Reports.Status());
        line.TakeEvents();
        var batch = line.Reports.Batch(line.Reports.Status());
        batch.Service.Version = "2.0.0";
        line.Feed(batch);
        var told = Assert.Single(line.TakeEvents());
        Assert.Equal((Event.Types.Kind.VersionChanged, "2.0.0"), (told.Kind, told.Service.Version));
    }

    [Fact]
    public void Evaluate_DeadInstance_IsOneAlarmAndItsChecksSayWhy()
    {
        line.Feed(line.Reports.Status(), line.Reports.Check("ping"), line.Reports.Check("pong"));
        line.TakeEvents();
        line.After(10.5);
        Assert.Equal("", line.Kinds());
        Assert.Equal((Protocol.Status.Types.Status.Unknown, "Last update 10s ago"), (Status().Status_, Status().Info));
        Assert.Equal(Protocol.Status.Types.Status.Running, Status().Derived.ReportedStatus);
        line.After(5);
        Assert.Equal("instance:Overdue:2 ping:Overdue:1! pong:Overdue:1!", line.Kinds());
        Assert.Equal(("instance", Freshness.Unknown), (Check("ping").Derived.CausedBy, Check("ping").Derived.Freshness));
        Assert.Equal(HealthCheck.Types.Status.Ok, Check("ping").Status);
        line.After(50);
        Assert.Equal("instance:Expired:2 ping:Expired:1! pong:Expired:1!", line.Kinds());
        Assert.Null(line.State.Status(View.Full, line.NowMs, line.Blind));
        Assert.Equal(Deadlines.Never, line.State.NextDeadlineMs(line.Blind));
    }

    [Fact]
    public void Evaluate_Overdue_CarriesTheDeadlineAndTheDetection()
    {
        var at = line.NowMs;
        line.Feed(line.Reports.Status());
        line.TakeEvents();
        line.After(30);
        var overdue = Assert.Single(line.TakeEvents());
        Assert.Equal((at + 15_000, at + 30_000, at), (overdue.AtMs, overdue.DetectedAtMs, overdue.LastReportMs));
    }

    [Fact]
    public void Apply_AfterOverdue_Recovers()
    {
        line.Feed(line.Reports.Status());
        line.After(20);
        line.TakeEvents();
        line.Feed(line.Reports.Status());
        Assert.Equal("instance:Recovered:2", line.Kinds());
    }

    [Fact]
    public void Apply_AfterADeadlineNoOneSaw_TellsTheSilenceFirst()
    {
        line.Feed(line.Reports.Status());
        line.TakeEvents();
        line.Clock.Advance(TimeSpan.FromSeconds(20));
        line.Feed(line.Reports.Status());
        Assert.Equal("instance:Overdue:2 instance:Recovered:2", line.Kinds());
    }

    [Fact]
    public void Apply_QueuedOldReport_DoesNotEndTheSilence()
    {
        line.Feed(line.Reports.Status());
        var queued = line.Reports.Status();
        line.After(20);
        line.TakeEvents();
        line.Feed(queued);
        Assert.Equal("", line.Kinds());
        Assert.Equal(Freshness.Unknown, Status().Derived.Freshness);
    }

    [Fact]
    public void Evaluate_Stopped_RaisesNoAlarmAndExpires()
    {
        line.Feed(line.Reports.Status(Protocol.Status.Types.Status.Stopped), line.Reports.Check("ping"));
        line.TakeEvents();
        line.After(30);
        Assert.Equal("", line.Kinds());
        Assert.Equal(Protocol.Status.Types.Status.Stopped, Status().Status_);
        line.After(40);
        Assert.Contains("instance:Expired", line.Kinds(), StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_AfterExpiry_AppearsAgain()
    {
        line.Feed(line.Reports.Check("ping"));
        line.After(100);
        line.TakeEvents();
        line.Feed(line.Reports.Check("ping"));
        Assert.Equal("instance:Appeared:0 ping:Appeared:1", line.Kinds());
    }

    [Fact]
    public void Views_PastADeadlineThatBlindnessMoved_SaySo()
    {
        line.Feed(line.Reports.Status(), line.Reports.Check("ping"), line.Reports.Stats());
        line.Clock.Advance(TimeSpan.FromSeconds(9));
        line.Blind = line.Blind.With(line.NowMs - 4_000, line.NowMs + 5_000);
        Assert.Null(Status().Derived.Blind); // not due yet
        line.Clock.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(line.Blind.Latest, Status().Derived.Blind);
        Assert.Equal(line.Blind.Latest, Assert.Single(line.State.HealthChecks(null, View.Full, line.NowMs, line.Blind)).Derived.Blind);
        Assert.Equal(line.Blind.Latest, line.State.Stats(View.Full, line.NowMs, line.Blind)!.Derived.Blind);

        // Once the interval that was given has passed too, silence is silence.
        line.Clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(Freshness.Late, Status().Derived.Freshness);
    }

    [Fact]
    public void Summarise_CountsWhatIsToldToBeSilent()
    {
        line.Feed(line.Reports.Status(), line.Reports.Check("ping"), line.Reports.Check("pong", "broken"));
        Assert.Equal(new InstanceSummary(1, 1, 0, true, false) { Status = 2 }, line.State.Summarise());
        line.After(20);
        Assert.Equal(new InstanceSummary(1, 1, 0, true, false) { Status = 2, Overdue = true, OverdueChecks = 2, OverdueOk = 1, OverdueError = 1 }, line.State.Summarise());
        line.Feed(line.Reports.Check("ping"));
        Assert.Equal(new InstanceSummary(1, 1, 0, true, false) { Status = 2, Overdue = true, OverdueChecks = 1, OverdueError = 1 }, line.State.Summarise());
        line.Feed(line.Reports.Status(Protocol.Status.Types.Status.Stopped));
        Assert.False(line.State.Summarise().Overdue);
    }

    [Fact]
    public void Evaluate_Blind_GivesAnIntervalMore()
    {
        line.Feed(line.Reports.Status());
        line.TakeEvents();
        line.Clock.Advance(TimeSpan.FromSeconds(120));
        line.Blind = line.Blind.With(line.NowMs - 119_000, line.NowMs);
        line.After(9);
        Assert.Equal("", line.Kinds());
        Assert.Equal(Protocol.Status.Types.Status.Running, Status().Status_);
        line.After(7);
        Assert.Equal("instance:Expired:2", line.Kinds());
    }

    [Fact]
    public void From_ItsSnapshot_IsTheSame()
    {
        line.Feed(line.Reports.Status(), line.Reports.Check("ping"), line.Reports.Check("pong", "x"), line.Reports.Stats());
        line.Feed(line.Reports.Batch(line.Reporter(0).Check("plain")));
        line.After(20);
        var before = line.State.ToSnapshot();
        line.TakeEvents();
        line.Restore();
        Assert.Equal(before, line.State.ToSnapshot());
        line.Feed(line.Reports.Check("ping"));
        Assert.Equal("ping:Recovered:1", line.Kinds().Split(' ')[0]);
    }

    [Fact]
    public void Replay_OfEveryRecord_ComesToTheSameState()
    {
        var old = line.Reports.Check("a", "late");
        for (var i = 0; i < 20; i++)
        {
            line.Feed(line.Reports.Status(), line.Reports.Check("a"), line.Reports.Check("b", i % 3 == 0 ? "x" : ""));
            if (i % 5 == 0) line.Feed(old);
            line.Clock.Advance(TimeSpan.FromSeconds(i % 7 == 0 ? 20 : 5));
        }

        line.State.Evaluate(line.NowMs, line.NowMs, line.Blind);
        var (live, events) = (line.State.ToSnapshot(), line.TakeEvents());
        line.Replay();
        line.State.Evaluate(line.NowMs, line.NowMs, line.Blind);
        Assert.Equal(live, line.State.ToSnapshot());
        Assert.Equal(events, line.TakeEvents());
    }

    [Fact]
    public void Views_Basic_ShowTheSeedsFieldsOnly()
    {
        var check = line.Reports.Check("ping", results: new Dictionary<string, string> { ["label"] = "" });
        check.Healthcheck.Tags.Add("t");
        check.Healthcheck.Duration = 5;
        line.Feed(line.Reports.Status(), check, line.Reports.Stats());
        var basic = Check("ping", View.Basic);
        Assert.Equal((0L, 0L, 0L, 0, null), (basic.Interval, basic.Ttl, basic.Duration, basic.Tags.Count, basic.Derived));
        Assert.Equal(("go-server", "i-1", "1.0.0"), (basic.Service.Name, basic.Service.Id, basic.Service.Version));
        Assert.Equal((0L, 0L, null), (Status(View.Basic).Interval, Status(View.Basic).Ttl, Status(View.Basic).Derived));
        Assert.Equal(10, Check("ping").Interval);
        Assert.Equal(0, line.State.Stats(View.Basic, line.NowMs, line.Blind)!.Interval);
    }

    [Fact]
    public void HealthChecks_Many_AreInOrdinalOrder()
    {
        line.Feed([.. new[] { "b", "B", "a", "ä", "c" }.Select(id => line.Reports.Check(id))]);
        line.Feed([.. new[] { "ä", "a", "d" }.Select(id => line.Reports.Check(id))]);
        Assert.Equal(["B", "a", "b", "c", "d", "ä"], line.State.HealthChecks(null, View.Basic, line.NowMs, line.Blind).Select(c => c.Id));
    }
}
