using Monitor.Protocol;
using Monitor.Testing;

namespace Monitor.EndToEnd.Tests;

/// <summary>Duplicates and disorder: counted, told, and never a wrong state.</summary>
public sealed class OrderTests(SharedSilo shared)
{
    private readonly ReportBuilder reports = new("order", $"order-{Guid.NewGuid()}");

    [Fact]
    public async Task Batch_SentTwiceAndOutOfOrder_IsCountedToldAndChangesNothing()
    {
        var check = $"order.check.{reports.Instance}";
        var first = reports.Batch(reports.Status(), reports.Check(check, results: Numbered(1)));
        var second = reports.Batch(reports.Status(), reports.Check(check, "it fails", results: Numbered(2)));
        var third = reports.Batch(reports.Status(), reports.Check(check, results: Numbered(3)));

        var inOrder = await ReportAsync(first);
        var newest = await ReportAsync(third);
        var late = await ReportAsync(second);
        var again = await ReportAsync(third);
        var lateAgain = await ReportAsync(second);

        Assert.Equal((2u, 0u, 0u), (inOrder.Accepted, inOrder.Duplicate, inOrder.Late));
        Assert.Equal((2u, 0u, 0u), (newest.Accepted, newest.Duplicate, newest.Late));
        Assert.Equal((0u, 0u, 2u), (late.Accepted, late.Duplicate, late.Late));
        Assert.Equal([(0u, Outcome.LateReport), (1u, Outcome.LateReport)], late.Outcomes.Select(o => (o.Index, o.Outcome)));
        Assert.Equal((0u, 2u, 0u), (again.Accepted, again.Duplicate, again.Late));
        Assert.Equal([(0u, Outcome.Duplicate), (1u, Outcome.Duplicate)], again.Outcomes.Select(o => (o.Index, o.Outcome)));
        Assert.Equal((0u, 2u, 0u), (lateAgain.Accepted, lateAgain.Duplicate, lateAgain.Late));

        var queries = shared.Process.Queries;
        var latest = Assert.Single((await queries.HealthChecksAsync(new() { Id = check, View = View.Full })).Healthchecks);
        Assert.Equal(HealthCheck.Types.Status.Ok, latest.Status);
        Assert.Equal("3", latest.Results["n"]);
        Assert.Equal(third.Reports[1].Sequence, latest.Derived.Sequence);

        var status = Assert.Single((await queries.StatusAsync(new() { Service = reports.Service, Id = reports.Instance, View = View.Full })).Statuses);
        var counters = status.Derived.Counters;
        Assert.Equal((4ul, 4ul, 2ul), (counters.Accepted, counters.Duplicate, counters.Late));

        var history = await queries.HistoryAsync(new() { Service = reports.Service, Id = reports.Instance, Check = check });
        Assert.Equal([("2", true), ("3", false), ("1", false)], history.Entries.Select(entry => (entry.Healthcheck.Results["n"], entry.Late)));
    }

    // The old process may still have had something to say when the new one began.
    [Fact]
    public async Task Report_OfTheProcessBefore_IsLateWhateverItsSequence()
    {
        var check = $"epoch.check.{reports.Instance}";
        var successor = new ReportBuilder(reports.Service, reports.Instance, epoch: reports.Epoch + 1);
        await ReportAsync(reports.Batch(reports.Check(check, results: Numbered(1))));
        await ReportAsync(successor.Batch(successor.Check(check, results: Numbered(2))));
        var late = await ReportAsync(reports.Batch(reports.Check(check, "it fails", results: Numbered(3))));

        Assert.Equal(1u, late.Late);
        var latest = Assert.Single((await shared.Process.Queries.HealthChecksAsync(new() { Id = check, View = View.Full })).Healthchecks);
        Assert.Equal("2", latest.Results["n"]);
        Assert.Equal(successor.Epoch, latest.Derived.Epoch);
    }

    private static Dictionary<string, string> Numbered(int number) => new() { ["n"] = $"{number}" };

    private async Task<PublishResponse> ReportAsync(PublishRequest batch)
    {
        batch.Acknowledge = Acknowledge.Applied;
        return await shared.Process.Reporter.ReportAsync(batch);
    }
}
