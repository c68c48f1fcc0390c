using Monitor.Protocol;
using Monitor.Testing;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests;

/// <summary>The server as the operating system sees it.</summary>
public sealed class ProcessTests(SharedSilo shared)
{
    [Fact]
    public async Task SecondProcess_OnTheSameData_IsRefusedWithAClearError()
    {
        var (exitCode, log) = await SiloProcess.RunToEndAsync(
            new() { DataDirectory = shared.Process.DataDirectory }, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.NotEqual(0, exitCode);
        Assert.Contains(log.Lines, line => line.Contains("another process", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(log.Lines, line => line.Contains(shared.Process.DataDirectory, StringComparison.Ordinal));
        await shared.Process.GetJsonAsync("/v1/services");
    }

    [Fact]
    public async Task Sigterm_UnderReports_EndsItWithoutErrorAndLosesNothing()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var silo = await SiloProcess.StartAsync(new() { AnyPort = true }, cancellation);
        var reports = new ReportBuilder("sigterm", $"sigterm-{Guid.NewGuid()}");
        for (var i = 0; i < 20; i++) await silo.Reporter.ReportAsync(reports.Batch(reports.Status(), reports.Check("sigterm.check")), cancellationToken: cancellation);

        Assert.Equal(0, await silo.StopAsync());
        silo.ThrowOnErrors();

        await silo.RestartAsync(cancellation);
        var latest = Assert.Single((await silo.Queries.HealthChecksAsync(new() { Id = "sigterm.check", View = View.Full })).Healthchecks);
        Assert.Equal(reports.Sequence, latest.Derived.Sequence);
    }
}
