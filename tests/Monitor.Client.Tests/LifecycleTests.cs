using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Monitor.Client.Tests.Server;
using StatusCode = Monitor.Protocol.Status.Types.Status;

namespace Monitor.Client.Tests;

public sealed class LifecycleTests : ReporterTest
{
    [Fact]
    public async Task Reporter_StartedTickedAndStopped_ReportsStartedRunningStoppedInOrder()
    {
        await using (var reporter = await StartAsync())
        {
            await AcceptedAsync(reporter, 1);
            await Wait.UntilAsync(() => Server.Statuses.Contains(StatusCode.Running), "RUNNING", () => Time.Advance(TimeSpan.FromSeconds(10)));
        }

        Assert.Equal(StatusCode.Started, Server.Statuses[0]);
        Assert.Equal(StatusCode.Stopped, Server.Statuses[^1]);
        Assert.All(Server.Statuses.Skip(1).SkipLast(1), status => Assert.Equal(StatusCode.Running, status));
    }

    [Fact]
    public async Task Reports_OfOneProcess_CarryOneEpochAndAscendingSequencesAndTheTime()
    {
        await using (var reporter = await StartAsync())
        {
            reporter.Register("disk", "Free space", _ => ValueTask.FromResult(HealthCheckOutcome.Ok()));
            await reporter.FlushAsync(Cancelled);
        }

        Assert.Single(Server.Batches.Select(batch => batch.Request.Epoch).Distinct());
        Assert.True(Server.Batches[0].Request.Epoch >= 1767323045678);
        Assert.Equal(Enumerable.Range(1, Server.Reports.Count).Select(i => (ulong)i), Server.Reports.Select(report => report.Sequence));
        Assert.Equal((1767323045L, 678), (Server.Reports[0].Status.Timestamp, Server.Reports[0].Millis));
        Assert.Equal((60, 3600), (Server.Reports[0].Status.Interval, Server.Reports[0].Status.Ttl));
        Assert.All(Server.Batches, batch => Assert.Equal(("orders", "1.2.3", "orders-1"), (batch.Request.Service.Name, batch.Request.Service.Version, batch.Request.Service.Id)));
    }

    [Fact]
    public async Task Epochs_OfTwoReportersInOneProcess_Ascend()
    {
        for (var i = 0; i < 2; i++)
        {
            await using var reporter = await StartAsync();
            await AcceptedAsync(reporter, 1);
        }

        var epochs = Server.Batches.Select(batch => batch.Request.Epoch).Distinct().ToList();
        Assert.Equal(2, epochs.Count);
        Assert.True(epochs[0] < epochs[1]);
    }

    [Fact]
    public async Task Tick_WithStatsAndChecks_IsOnePublish()
    {
        await using var reporter = await StartAsync();
        reporter.Register("a", "", _ => ValueTask.FromResult(HealthCheckOutcome.Ok()));
        reporter.Register("b", "", _ => ValueTask.FromResult(HealthCheckOutcome.Ok()));
        await AcceptedAsync(reporter, 3);
        var before = Server.Batches.Count;

        await reporter.FlushAsync(Cancelled);

        var tick = Assert.Single(Server.Batches.Skip(before)).Request;
        Assert.NotNull(tick.Reports[0].Stats);
        Assert.Equal(StatusCode.Running, tick.Reports[1].Status.Status_);
        Assert.Equal(["a", "b"], tick.Reports.Skip(2).Select(report => report.Healthcheck.Id).Order());
    }

    [Fact]
    public async Task Ticks_WithJitter_AreNeverFurtherApartThanTheInterval()
    {
        var options = Options();
        options.Jitter = 0.5;
        await using var reporter = await StartAsync(options);
        await Wait.UntilAsync(() => Server.Statuses.Count(status => status == StatusCode.Running) >= 5, "five ticks", () => Time.Advance(TimeSpan.FromMilliseconds(500)));

        var ticks = Server.Reports.Where(report => report.Status is not null)
            .Select(report => DateTimeOffset.FromUnixTimeMilliseconds((report.Status.Timestamp * 1000) + report.Millis)).ToList();

        // A clock that jumps by half seconds while others run can add some of them.
        Assert.All(ticks.Zip(ticks.Skip(1), (one, next) => next - one).Skip(1), gap => Assert.InRange(gap, TimeSpan.FromSeconds(28), TimeSpan.FromSeconds(62)));
    }

    [Fact]
    public async Task Host_Stopped_DeliversStoppedAndWhatIsBuffered()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["Monitor:Reporter:Service"] = "from-configuration";
        builder.AddMonitorReporter(options => options.Server = Server.Address)
            .AddHealthCheck("ping", "This is a ping healthcheck that succeeds", _ => ValueTask.FromResult(HealthCheckOutcome.Ok(new Dictionary<string, string> { ["foo"] = "bar" })));
        using var host = builder.Build();
        await host.StartAsync(Cancelled);
        await Wait.UntilAsync(() => Server.Checks("ping").Count > 0, "the first result of ping");
        host.Services.GetRequiredService<IMonitorReporter>().RecordStat("orders", "Get", TimeSpan.FromMilliseconds(3), CallResult.Success);

        await host.StopAsync(Cancelled);

        Assert.Equal(StatusCode.Stopped, Server.Statuses[^1]);
        Assert.Equal("Get", Assert.Single(Server.Reports.Last(report => report.Stats is not null).Stats.Endpoints).Method);
        Assert.Equal("bar", Server.Checks("ping")[0].Results["foo"]);
        Assert.StartsWith("from-configuration-", Server.Batches[0].Request.Service.Id, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_WithTheServerAway_StartsAndStops()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.AddMonitorReporter(options =>
        {
            options.Server = "http://127.0.0.1:1";
            options.ShutdownTimeout = TimeSpan.FromMilliseconds(300);
        });
        using var host = builder.Build();
        await host.StartAsync(Cancelled);

        await host.StopAsync(Cancelled).WaitAsync(TimeSpan.FromSeconds(20), Cancelled);

        Assert.Equal(0, host.Services.GetRequiredService<IMonitorReporter>().Counters.Accepted);
    }

    [Fact]
    public async Task Flush_OfAReporterThatStoppedUndelivered_Ends()
    {
        var options = Options();
        options.Server = "http://127.0.0.1:1";
        options.ShutdownTimeout = TimeSpan.Zero;
        var reporter = await StartAsync(options, TimeProvider.System);
        var flush = reporter.FlushAsync(Cancelled);
        await reporter.DisposeAsync();
        await flush;
        await reporter.FlushAsync(Cancelled);
        reporter.RecordStat("orders", "Get", TimeSpan.Zero, CallResult.Success);
        reporter.Register("late", "", _ => ValueTask.FromResult(HealthCheckOutcome.Ok()));
    }
}
