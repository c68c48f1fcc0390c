using Monitor.Grains.Abstractions;
using Monitor.Protocol;
using Monitor.Testing;

namespace Monitor.Grains.Tests;

public sealed class RestartTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Restart_WithoutAnyNewReport_EverythingIsAsItWas(bool killed)
    {
        await using var first = await EmbeddedSilo.StartAsync();
        for (var i = 1; i <= 4; i++)
        {
            var reports = new ReportBuilder("go-server", $"i-{i}", version: $"1.0.{i % 2}");
            await first.PublishAsync(reports.Batch(reports.Status(info: "first"), reports.Check("ping"), reports.Check("disk")));
            await first.PublishAsync(reports.Batch(reports.Check("disk", error: i == 3 ? "full" : ""), reports.Stats()));
        }

        // Killed the moment it was acknowledged, or stopped in peace.
        await using var copy = killed ? first.Killed() : null;
        if (!killed) await first.StopAsync();
        var silo = copy ?? first;
        await silo.StartAsync();
        await AssertAsync(silo);
        await silo.RestartAsync();
        await AssertAsync(silo);
        var events = await silo.EventsAsync("i-3");
        Assert.Equal([1, 2, 3, 4], events.Select(e => e.Version));
        Assert.Equal(["instance:Appeared", "ping:Appeared", "disk:Appeared", "disk:StatusChanged"], events.Select(e => $"{(e.Check.Length > 0 ? e.Check : "instance")}:{e.Kind}"));
    }

    [Fact]
    public async Task Restart_History_IsWhatWasAccepted()
    {
        await using var silo = await EmbeddedSilo.StartAsync();
        var reports = new ReportBuilder("go-server", "i-1");
        var batches = Enumerable.Range(0, 6).Select(i => reports.Batch(reports.Check("ping", error: i % 2 == 0 ? "" : $"error {i}"))).ToList();
        foreach (var batch in new[] { batches[0], batches[1], batches[3], batches[2], batches[1], batches[4] }) await silo.ApplyAsync(batch);
        string[] expected = ["5:False", "3:True", "4:False", "2:False", "1:False"];
        Assert.Equal(expected, await HistoryAsync(silo));
        await silo.RestartAsync();
        Assert.Equal(expected, await HistoryAsync(silo));
        await silo.ApplyAsync(batches[5]);
        Assert.Equal(["6:False", .. expected], await HistoryAsync(silo));
        Assert.Equal(["6:False", .. expected], await HistoryAsync(silo, limit: 2));
        var derived = (await silo.Instance("go-server", "i-1").Status(View.Full))!.Derived;
        Assert.Equal((5ul, 1ul, 1ul), (derived.Counters.Accepted, derived.Counters.Late, derived.Counters.Duplicate));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Partition_LosesItsGrainBeforeItsFirstCheckpoint_ForgetsNoInstance(bool anotherFollows)
    {
        await using var silo = await EmbeddedSilo.StartAsync(o => o.CheckpointPeriod = TimeSpan.FromHours(1));
        var ids = Enumerable.Range(1, 100).Select(i => $"i-{i}").Where(id => EmbeddedSilo.PartitionOf(id) == 0).Take(6).ToList();
        foreach (var id in ids[..5]) await silo.PublishAsync(Batch(id));
        await Eventually.UntilAsync("all are listed", async _ => (await ListAsync(silo, ids[0])).Count == 5);
        var partition = silo.DirectoryOf(ids[0]);
        await partition.AsReference<Orleans.Core.Internal.IGrainManagementExtension>().DeactivateOnIdle();
        if (anotherFollows) await silo.PublishAsync(Batch(ids[5]));
        var expected = anotherFollows ? ids : ids[..5];
        // The first answer already holds all that was durable before it was asked for.
        Assert.Equal(ids[..5].Order(StringComparer.Ordinal), (await ListAsync(silo, ids[0])).Where(ids[..5].Contains));
        await Eventually.GetAsync("all are listed again", _ => ListAsync(silo, ids[0]), found => found.SequenceEqual(expected.Order(StringComparer.Ordinal)));

        static PublishRequest Batch(string id)
        {
            var reports = new ReportBuilder("go-server", id);
            return reports.Batch(reports.Status());
        }
    }

    private static async Task<List<string>> ListAsync(EmbeddedSilo silo, string id)
    {
        var page = await silo.AskDirectoryAsync(id, d => d.List(new(DirectorySubject.Status, null, HealthCheck.Types.Status.Unknown, null, null, 100)));
        return [.. page.Entries.Select(e => e.Instance)];
    }

    private static async Task<List<string>> HistoryAsync(EmbeddedSilo silo, int limit = 100)
    {
        var entries = new List<string>();
        var request = new HistoryRequest { Service = "go-server", Id = "i-1", Check = "ping", Limit = (ulong)limit };
        do
        {
            var response = await silo.Instance("go-server", "i-1").History(request);
            entries.AddRange(response.Entries.Select(e => $"{e.Sequence}:{e.Late}"));
            request = request.Clone();
            request.PageToken = response.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return entries;
    }

    private static async Task AssertAsync(EmbeddedSilo silo)
    {
        for (var i = 1; i <= 4; i++)
        {
            var grain = silo.Instance("go-server", $"i-{i}");
            var status = await grain.Status(View.Full);
            Assert.Equal(("first", $"1.0.{i % 2}", Freshness.Fresh), (status!.Info, status.Service.Version, status.Derived.Freshness));
            Assert.Equal(5ul, status.Derived.Counters.Accepted);
            Assert.Equal(["disk", "ping"], (await grain.HealthChecks(null, View.Basic)).Select(c => c.Id));
            Assert.Equal(i == 3 ? "full" : "", Assert.Single(await grain.HealthChecks("disk", View.Basic)).Error);
            Assert.NotNull(await grain.Stats(View.Basic));
            await Eventually.UntilAsync($"i-{i} is found", async _ => (await silo.AskDirectoryAsync($"i-{i}", d => d.Find($"i-{i}"))).SequenceEqual(["go-server"]));
            await Eventually.UntilAsync("its service is known", async _ => (await silo.AskDirectoryAsync($"i-{i}", d => d.Services())).SequenceEqual(["go-server"]));
            await Eventually.UntilAsync(
                $"i-{i} is listed with its numbers",
                async _ => (await Page(silo, i, HealthCheck.Types.Status.Unknown), await Page(silo, i, HealthCheck.Types.Status.Error)) == (2, i == 3 ? 1 : 0));
        }

        var page = await Eventually.GetAsync("the healthcheck knows all", _ => silo.CheckPage("disk"), p => p.Instances.Count == 4);
        Assert.Equal(["i-1", "i-2", "i-3", "i-4"], page.Instances.Select(e => e.Instance));
        Assert.False(page.More);
        await Eventually.UntilAsync("the failed one is found", async _ =>
            (await silo.Grains.GetGrain<IHealthCheckGrain>("disk").Page(new(null, HealthCheck.Types.Status.Error, null, null, 0, 10))).Instances is [{ Instance: "i-3" }]);
        var versions = await Eventually.GetAsync(
            "the service knows both versions", _ => silo.Grains.GetGrain<IServiceGrain>("go-server").Versions(), v => v.Sum(one => one.Instances.Count) == 4);
        Assert.Equal(["1.0.0:i-2,i-4", "1.0.1:i-1,i-3"], versions.Select(v => $"{v.Version}:{string.Join(',', v.Instances)}"));
    }

    private static async Task<int> Page(EmbeddedSilo silo, int i, HealthCheck.Types.Status status)
    {
        var page = await silo.AskDirectoryAsync($"i-{i}", d => d.List(new(DirectorySubject.HealthChecks, "go-server", status, null, null, 100)));
        return page.Entries.Where(e => e.Instance == $"i-{i}").Sum(e => e.Matches);
    }
}
