using Monitor.Grains.Abstractions;
using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Testing;

namespace Monitor.Grains.Tests;

public sealed class PipelineTests
{
    [Fact]
    public async Task Publish_AReport_IsSeenByItsInstanceCheckAndService()
    {
        await using var silo = await EmbeddedSilo.StartAsync();
        var reports = new ReportBuilder("go-server", "i-1");
        await silo.ApplyAsync(reports.Batch(reports.Status(), reports.Check("ping"), reports.Stats()));
        Assert.Equal("ping", Assert.Single(await silo.Instance("go-server", "i-1").HealthChecks(null, View.Basic)).Id);
        await Eventually.UntilAsync("the healthcheck knows the instance", async _ => (await silo.CheckPage("ping")).Instances.Count == 1);
        await Eventually.UntilAsync("the service knows the version", async _ => (await silo.Grains.GetGrain<IServiceGrain>("go-server").Versions()).Count == 1);
        var version = Assert.Single(await silo.Grains.GetGrain<IServiceGrain>("go-server").Versions());
        Assert.Equal(("1.0.0", Status.Types.Status.Running, "i-1"), (version.Version, version.Worst, version.WorstInstance));
    }

    [Fact]
    public async Task Outcomes_OfAFirstReport_ComeWhenEveryViewHasIt()
    {
        await using var silo = await EmbeddedSilo.StartAsync();
        for (var i = 0; i < 50; i++)
        {
            var reports = new ReportBuilder("go-server", $"i-{i}");
            await silo.ApplyAsync(reports.Batch(reports.Status(), reports.Check($"ping-{i}")));
            Assert.Equal(["go-server"], await silo.AskDirectoryAsync($"i-{i}", d => d.Find($"i-{i}")));
            Assert.Single((await silo.CheckPage($"ping-{i}")).Instances);
            Assert.Equal(i + 1, Assert.Single(await silo.Grains.GetGrain<IServiceGrain>("go-server").Versions()).Instances.Count);
        }
    }
}
