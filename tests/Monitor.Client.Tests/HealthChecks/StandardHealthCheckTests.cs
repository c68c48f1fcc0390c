using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Monitor.Client.Tests.Server;
using CheckStatus = Monitor.Protocol.HealthCheck.Types.Status;

namespace Monitor.Client.Tests.HealthChecks;

public sealed class StandardHealthCheckTests : ReporterTest
{
    [Fact]
    public async Task StandardHealthChecks_OfEachStatus_AreCarriedOver()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.AddMonitorReporter(options => options.Server = Server.Address).AddStandardHealthChecks();
        builder.Services.Configure<HealthCheckPublisherOptions>(publisher => (publisher.Delay, publisher.Period) = (TimeSpan.Zero, TimeSpan.FromMinutes(20)));
        builder.Services.AddHealthChecks()
            .AddCheck("healthy", () => HealthCheckResult.Healthy("fine", new Dictionary<string, object> { ["free"] = 1.5, ["none"] = null! }), ["disk", "local"])
            .AddCheck("degraded", () => HealthCheckResult.Degraded("slow"))
            .AddCheck("unhealthy", () => HealthCheckResult.Unhealthy("down"))
            .AddCheck("throws", () => throw new InvalidOperationException("broken"));
        using var host = builder.Build();
        await host.StartAsync(Cancelled);
        await Wait.UntilAsync(() => Server.Checks("throws").Count > 0, "the standard health checks");
        await host.StopAsync(Cancelled);

        var healthy = Server.Checks("healthy")[0];
        Assert.Equal((CheckStatus.Ok, false, "fine", 1200L, 4800L), (healthy.Status, healthy.Degraded, healthy.Description, healthy.Interval, healthy.Ttl));
        Assert.Equal(new Dictionary<string, string> { ["free"] = "1.5", ["none"] = "" }, healthy.Results);
        Assert.Equal(["disk", "local"], healthy.Tags.Order());
        Assert.True(healthy.Duration > 0);
        Assert.Equal((CheckStatus.Ok, true, "slow"), (Server.Checks("degraded")[0].Status, Server.Checks("degraded")[0].Degraded, Server.Checks("degraded")[0].Description));
        Assert.Equal((CheckStatus.Error, "down"), (Server.Checks("unhealthy")[0].Status, Server.Checks("unhealthy")[0].Error));
        Assert.Equal((CheckStatus.Error, "broken"), (Server.Checks("throws")[0].Status, Server.Checks("throws")[0].Error));
        Assert.Single(Server.Batches, batch => batch.Request.Reports.Any(report => report.Healthcheck is not null));
    }
}
