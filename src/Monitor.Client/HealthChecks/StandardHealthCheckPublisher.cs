using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Monitor.Client.Internal;
using Proto = Monitor.Protocol;

namespace Monitor.Client.HealthChecks;

/// <summary>Publishes what the standard health checks found, at their own period.</summary>
internal sealed class StandardHealthCheckPublisher(
    MonitorReporter reporter, IOptions<HealthCheckPublisherOptions> publishing, IOptions<HealthCheckServiceOptions> service, TimeProvider time) : IHealthCheckPublisher
{
    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        reporter.Publish([.. report.Entries.Select(entry => Report(entry.Key, entry.Value))]);
        return Task.CompletedTask;
    }

    private Proto.Report Report(string name, HealthReportEntry entry)
    {
        var period = service.Value.Registrations.FirstOrDefault(registration => registration.Name == name)?.Period ?? publishing.Value.Period;
        var ttl = period * 4 > reporter.Options.Ttl ? period * 4 : reporter.Options.Ttl;
        var check = new Proto.HealthCheck
        {
            Id = Limits.Cut(name, Limits.KeyBytes),
            Description = Limits.Cut(entry.Description, Limits.TextBytes),
            Interval = Reports.Seconds(period),
            Ttl = Reports.Seconds(ttl),
            Status = entry.Status == HealthStatus.Unhealthy ? Proto.HealthCheck.Types.Status.Error : Proto.HealthCheck.Types.Status.Ok,
            Degraded = entry.Status == HealthStatus.Degraded,
            Duration = Math.Max(0, (long)entry.Duration.TotalNanoseconds),
        };
        if (entry.Status == HealthStatus.Unhealthy)
            check.Error = Limits.Cut(entry.Exception?.Message ?? entry.Description ?? nameof(HealthStatus.Unhealthy), Limits.TextBytes);
        check.Tags.Add(entry.Tags.Where(tag => Limits.Fault(tag, 1, Limits.KeyBytes) is null).Take(Limits.Tags));
        Reports.AddResults(check.Results, entry.Data.Select(datum => KeyValuePair.Create(datum.Key, Convert.ToString(datum.Value, CultureInfo.InvariantCulture) ?? "")));
        return new Reports(time, period, ttl).HealthCheck(check);
    }
}
