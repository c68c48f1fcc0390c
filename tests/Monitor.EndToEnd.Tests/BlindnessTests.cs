using Monitor.Protocol;
using Monitor.Testing;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests;

/// <summary>A server that stands still for longer than its reporters' deadlines.</summary>
public sealed class BlindnessTests
{
    [Fact]
    public async Task Server_SuspendedPastADeadline_TellsOfItsBlindnessAndNotOfSilence()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var silo = await SiloProcess.StartAsync(cancellationToken: cancellation);
        var reports = new ReportBuilder("blind", "blind-1") { Interval = 4, Ttl = 4 };
        var batch = reports.Batch(reports.Status(), reports.Check("blind.check"));
        batch.Acknowledge = Acknowledge.Applied;
        await silo.Reporter.ReportAsync(batch, cancellationToken: cancellation);

        // Time itself is what is tested: past the interval and the grace.
        silo.Suspend();
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(8), cancellation);
        }
        finally
        {
            silo.Resume();
        }

        var status = Assert.Single((await silo.Queries.StatusAsync(new() { Service = "blind", Verbose = true, View = View.Full }, cancellationToken: cancellation)).Statuses);
        Assert.Equal((Status.Types.Status.Running, Freshness.Fresh), (status.Status_, status.Derived.Freshness));
        Assert.True(status.Derived.Blind.ToMs - status.Derived.Blind.FromMs >= 7_000);

        var again = reports.Batch(reports.Status(), reports.Check("blind.check"));
        again.Acknowledge = Acknowledge.Applied;
        await silo.Reporter.ReportAsync(again, cancellationToken: cancellation);
        var history = await silo.Queries.HistoryAsync(new() { Service = "blind", Id = "blind-1" }, cancellationToken: cancellation);
        Assert.Equal(4, history.Entries.Count);
        Assert.Contains(history.Blind, window => window.ToMs - window.FromMs >= 7_000);

        var summary = await silo.Queries.SummaryAsync(new() { Service = "blind" }, cancellationToken: cancellation);
        Assert.Equal((ServiceSummary.Types.State.Ok, 1L, 1L), (summary.Total.Worst, summary.Total.Instances.Running, summary.Total.Healthchecks.Ok));
        Assert.Equal(summary.Coverage.Partitions, summary.Coverage.Answered);
        Assert.True(summary.Blindness is { Now: false, LastHour: { AnyS: >= 7, MeanS: >= 7 } });

        // No event said otherwise in between: the status has been what it is since it was first reported.
        status = Assert.Single((await silo.Queries.StatusAsync(new() { Service = "blind", Verbose = true, View = View.Full }, cancellationToken: cancellation)).Statuses);
        Assert.Null(status.Derived.Blind);
        Assert.Equal(batch.Reports[0].Status.Timestamp, status.Derived.SinceMs / 1000);
        silo.ThrowOnErrors();
    }
}
