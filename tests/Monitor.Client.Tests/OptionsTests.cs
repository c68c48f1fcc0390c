using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Monitor.Client.Tests;

public sealed class OptionsTests
{
    [Fact]
    public async Task Options_AllWrong_AreAllNamedAtStart()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.AddMonitorReporter(options =>
        {
            options.Server = "ftp://there, nowhere";
            options.Service = new string('s', 257);
            options.Version = new string('v', 257);
            options.Instance = "\udc00";
            options.Interval = TimeSpan.Zero;
            options.Ttl = TimeSpan.FromSeconds(-1);
            options.CheckTimeout = TimeSpan.Zero;
            options.Jitter = double.NaN;
            options.BufferLimit = 1;
            options.ShutdownTimeout = TimeSpan.FromHours(1);
            options.AnswerTimeout = TimeSpan.Zero;
        });
        using var host = builder.Build();

        var failures = (await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken))).Failures.ToList();

        Assert.Equal(12, failures.Count);
        foreach (var key in new[] { "Server", "Service", "Version", "Instance", "Interval", "Ttl", "CheckTimeout", "Jitter", "BufferLimit", "ShutdownTimeout", "AnswerTimeout" })
            Assert.Contains(failures, failure => failure.StartsWith($"Monitor:Reporter:{key} ", StringComparison.Ordinal) && failure.Contains("allowed", StringComparison.Ordinal));
        Assert.Contains(failures, failure => failure.Contains("'ftp://there'", StringComparison.Ordinal));
    }

    [Fact]
    public void Options_LeftAlone_HaveTheirDefaults()
    {
        var services = new ServiceCollection();
        services.AddMonitorReporter();
        using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<IOptions<MonitorReporterOptions>>().Value;
        Assert.Equal("http://127.0.0.1:7401", options.Server);
        Assert.Equal("Monitor.Client.Tests", options.Service);
        Assert.NotEmpty(options.Version);
        Assert.Matches("^Monitor.Client.Tests-[0-9a-f-]{36}$", options.Instance);
        Assert.Same(provider.GetRequiredService<IMonitorReporter>(), provider.GetRequiredService<MonitorReporter>());
    }

    [Fact]
    public void Options_Configured_AreBoundAndThenOverriddenInCode()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Monitor:Reporter:Server"] = "https://monitor.example:7401",
            ["Monitor:Reporter:Interval"] = "00:00:05",
            ["Monitor:Reporter:Jitter"] = "0.25",
        }).Build());
        services.AddMonitorReporter(options => options.Jitter = 0);
        services.AddMonitorReporter();
        using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<IOptions<MonitorReporterOptions>>().Value;
        Assert.Equal(("https://monitor.example:7401", TimeSpan.FromSeconds(5), 0), (options.Server, options.Interval, options.Jitter));
        Assert.Single(provider.GetServices<IHostedService>());
    }

    [Fact]
    public async Task StartAsync_WithoutAHost_ValidatesToo()
    {
        var options = new MonitorReporterOptions { Server = "", Jitter = 1 };
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(
            () => MonitorReporter.StartAsync(options, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(2, exception.Failures.Count());
    }

    [Theory]
    [InlineData("consul:///go.micro.srv.monitor", "the package Monitor.Client.Consul")]
    [InlineData("dns:///monitor.example", "dns:///host:port")]
    [InlineData("dns:///", "dns:///host:port")]
    [InlineData("dns://ns.example/monitor.example:7401", "dns:///host:port")]
    [InlineData("http://one:7401, dns:///two:7401", "dns stands alone")]
    [InlineData("one:7401", "an http or https address")]
    public async Task Server_Wrong_IsNamedWithWhatIsAllowed(string server, string told)
    {
        var options = new MonitorReporterOptions { Server = server };
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(
            () => MonitorReporter.StartAsync(options, cancellationToken: TestContext.Current.CancellationToken));
        var failure = Assert.Single(exception.Failures);
        Assert.StartsWith("Monitor:Reporter:Server is '", failure, StringComparison.Ordinal);
        Assert.Contains(told, failure, StringComparison.Ordinal);
    }

    [Fact]
    public void AddHealthCheck_SameIdTwiceOrTooLong_IsRefused()
    {
        var reporter = new ServiceCollection().AddMonitorReporter();
        reporter.AddHealthCheck("a", "", _ => ValueTask.FromResult(HealthCheckOutcome.Ok()));
        Assert.Throws<InvalidOperationException>(() => reporter.AddHealthCheck("a", "", _ => ValueTask.FromResult(HealthCheckOutcome.Ok())));
        Assert.Throws<ArgumentException>(() => reporter.AddHealthCheck("", "", _ => ValueTask.FromResult(HealthCheckOutcome.Ok())));
    }
}
