using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Testing;

namespace Monitor.Grains.Tests;

public sealed class QueryTests
{
    [Fact]
    public async Task HealthCheck_ThatNoneEverReported_IsNotKnown()
    {
        await using var silo = await EmbeddedSilo.StartAsync();
        Assert.Equal((false, 0, false), Of(await silo.CheckPage("none")));

        // Asking for it does not keep it from being known later.
        var reports = new ReportBuilder("go-server", "i-1");
        await silo.PublishAsync(reports.Batch(reports.Check("none")));
        await Eventually.UntilAsync("it is known", async _ => Of(await silo.CheckPage("none")) == (true, 1, false));

        static (bool, int, bool) Of(Abstractions.HealthCheckPage page) => (page.Known, page.Instances.Count, page.More);
    }

    [Fact]
    public async Task Instance_ThatNeverReported_HasNothing()
    {
        await using var silo = await EmbeddedSilo.StartAsync();
        var grain = silo.Instance("go-server", "i-none");
        Assert.Null(await grain.Status(View.Full));
        Assert.Null(await grain.Stats(View.Full));
        Assert.Empty(await grain.HealthChecks(null, View.Full));
        Assert.Empty((await grain.History(new() { Service = "go-server", Id = "i-none", Limit = 10 })).Entries);
        Assert.Empty(await silo.AskDirectoryAsync("i-none", d => d.Find("i-none")));
    }

    [Fact]
    public async Task Outcomes_AskedBeforeTheRecordIsApplied_WaitForIt()
    {
        await using var silo = await EmbeddedSilo.StartAsync();
        var reports = new ReportBuilder("go-server", "i-1");
        await silo.ApplyAsync(reports.Batch(reports.Status()));
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        silo.Journal.Before = method => method == nameof(IJournal.ReadAsync) ? gate.Task : Task.CompletedTask;
        var batch = reports.Batch(reports.Check("ping"));
        var record = await silo.PublishAsync(batch);
        var outcomes = silo.OutcomesAsync(batch, record);
        Assert.Empty(await silo.Instance("go-server", "i-1").HealthChecks(null, View.Basic)); // and hold up no query
        Assert.False(outcomes.IsCompleted);
        gate.SetResult();
        Assert.Empty(await outcomes);
        Assert.Single(await silo.Instance("go-server", "i-1").HealthChecks(null, View.Basic));
    }

    [Fact]
    public async Task Outcomes_OfDuplicatesAndLateReports_NameTheirIndex()
    {
        await using var silo = await EmbeddedSilo.StartAsync();
        var reports = new ReportBuilder("go-server", "i-1");
        var (first, late, newest) = (reports.Check("ping"), reports.Check("ping"), reports.Check("ping"));
        await silo.ApplyAsync(reports.Batch(first, newest));
        var mixed = await silo.ApplyAsync(reports.Batch(reports.Status(), first, late, newest, reports.Check("disk")));
        var all = await silo.ApplyAsync(reports.Batch(first, newest));
        string[] expected = ["1:Duplicate", "2:LateReport", "3:Duplicate"];
        Assert.Equal(expected, await OutcomesAsync(silo, mixed));
        Assert.Equal(["0:Duplicate", "1:Duplicate"], await OutcomesAsync(silo, all));
        await silo.RestartAsync();
        Assert.Equal(expected, await OutcomesAsync(silo, mixed));
        Assert.Equal(["0:Duplicate", "1:Duplicate"], await OutcomesAsync(silo, all));
    }

    private static async Task<IEnumerable<string>> OutcomesAsync(EmbeddedSilo silo, JournalRecord record) =>
        (await silo.Instance("go-server", "i-1").Outcomes(record.Sequence))!.Select(o => $"{o.Index}:{o.Outcome}");
}
