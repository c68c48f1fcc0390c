using Microsoft.Extensions.Hosting;

namespace Monitor.Client.Integrations;

/// <summary>Starts and stops the reporter with the host.</summary>
internal sealed class ReporterService(MonitorReporter reporter) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        reporter.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => reporter.StopAsync(cancellationToken);
}
