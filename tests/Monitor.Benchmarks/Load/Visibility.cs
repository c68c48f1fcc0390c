using Monitor.Protocol;
using Monitor.Testing;

namespace Monitor.Benchmarks.Load;

/// <summary>Whether queries show the latest that was published, for a sample of instances over all partitions.</summary>
internal sealed class Visibility(LoadOptions options, Fleet fleet, Protocol.Monitor.MonitorClient queries)
{
    private const int SampledInstances = 200;

    /// <summary>Waits until the latest report of each check of some 200 instances, of services chosen at random, is answered.</summary>
    public async Task UntilLatestAsync()
    {
        var count = Math.Clamp(SampledInstances / options.InstancesPerService, 1, fleet.Services);
        foreach (var service in Random.Shared.GetItems([.. Enumerable.Range(0, fleet.Services)], count))
        {
            var name = fleet.ServiceOf(service * options.InstancesPerService);
            await Eventually.GetAsync(
                $"queries show the latest of {name}", ct => StaleAsync(name, service, ct), stale => stale.Length == 0, TimeSpan.FromMinutes(2));
        }
    }

    private async Task<string> StaleAsync(string name, int service, CancellationToken cancellationToken)
    {
        var first = service * options.InstancesPerService;
        var expected = Math.Min(options.InstancesPerService, options.Instances - first) * options.Checks;
        var request = new HealthChecksRequest { Service = name, View = View.Full, Limit = 1_000 };
        do
        {
            var page = await queries.HealthChecksAsync(request, cancellationToken: cancellationToken);
            foreach (var check in page.Healthchecks)
            {
                var latest = fleet.LastSequence(Fleet.IndexOf(check.Service.Id), Fleet.CheckIndexOf(check.Id));
                if (check.Derived.Sequence != latest) return $"{check.Service.Id} {check.Id} is at {check.Derived.Sequence}, not {latest}";
                expected--;
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return expected == 0 ? "" : $"{expected} healthchecks are missing";
    }
}
