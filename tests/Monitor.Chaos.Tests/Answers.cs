using System.Net.Http.Json;
using System.Text.Json;
using Monitor.Protocol;

namespace Monitor.Chaos.Tests;

/// <summary>What a gateway answers about the fleet, by every query there is.</summary>
internal static class Answers
{
    private const int Page = 7;

    /// <summary>What is wrong with it; null: nothing.</summary>
    public static async Task<string?> WrongAsync(Gateway gateway, Fleet fleet) =>
        await StatusAsync(gateway, fleet) ?? await HealthChecksAsync(gateway, fleet) ?? await OthersAsync(gateway, fleet) ?? await SummaryAsync(gateway, fleet) ?? await HttpAsync(gateway, fleet);

    private static async Task<string?> StatusAsync(Gateway gateway, Fleet fleet)
    {
        var statuses = (await gateway.Queries.StatusAsync(new() { Service = Fleet.Service, Verbose = true, Limit = 1000, View = View.Full }, deadline: Soon())).Statuses;
        if (!Same(statuses.Select(status => status.Service.Id), fleet)) return $"Status lists {statuses.Count} of {fleet.Instances.Count}";
        if (statuses.FirstOrDefault(status => status.Status_ != Status.Types.Status.Running || status.Derived.Freshness != Freshness.Fresh) is { } stale) return $"Status: {stale}";
        var versions = (await gateway.Queries.StatusAsync(new() { Service = Fleet.Service, View = View.Full }, deadline: Soon())).Statuses;
        if (versions is not [{ Status_: Status.Types.Status.Running } version] || !Same(version.Service.Nodes.Select(node => node.Id), fleet)) return $"Status by version: {versions}";
        var instance = fleet.Instances[^1];
        var one = (await gateway.Queries.StatusAsync(new() { Id = instance }, deadline: Soon())).Statuses;
        return one is [{ Status_: Status.Types.Status.Running }] && one[0].Service.Id == instance ? null : $"Status of {instance}: {one}";
    }

    private static async Task<string?> HealthChecksAsync(Gateway gateway, Fleet fleet)
    {
        var checks = (await gateway.Queries.HealthChecksAsync(new() { Service = Fleet.Service, Limit = 1000, View = View.Full }, deadline: Soon())).Healthchecks;
        if (checks.Count != fleet.Instances.Count * Fleet.Checks) return $"HealthChecks lists {checks.Count}";
        if (checks.FirstOrDefault(check => check.Status != HealthCheck.Types.Status.Ok || check.Derived.Freshness != Freshness.Fresh) is { } bad) return $"HealthChecks: {bad}";

        var request = new HealthChecksRequest { Id = Fleet.CheckOf(1), Limit = Page };
        var paged = new List<string>();
        do
        {
            var page = await gateway.Queries.HealthChecksAsync(request, deadline: Soon());
            paged.AddRange(page.Healthchecks.Select(check => check.Service.Id));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return Same(paged, fleet) ? null : $"HealthChecks by id lists {paged.Count}";
    }

    private static async Task<string?> OthersAsync(Gateway gateway, Fleet fleet)
    {
        var stats = (await gateway.Queries.StatsAsync(new() { Service = Fleet.Service, Limit = 1000 }, deadline: Soon())).Stats;
        if (!Same(stats.Select(entry => entry.Service.Id), fleet)) return $"Stats lists {stats.Count}";
        var services = (await gateway.Queries.ServicesAsync(new() { Service = Fleet.Service }, deadline: Soon())).Services;
        if (services.Count != 1 || !Same(services[0].Nodes.Select(node => node.Id), fleet)) return $"Services: {services}";
        var history = (await gateway.Queries.HistoryAsync(new() { Service = Fleet.Service, Id = fleet.Instances[0], Limit = Page }, deadline: Soon())).Entries;
        return history.Count == Page ? null : $"History has {history.Count}";
    }

    private static async Task<string?> SummaryAsync(Gateway gateway, Fleet fleet)
    {
        var summary = await gateway.Queries.SummaryAsync(new() { Service = Fleet.Service }, deadline: Soon());
        var (instances, checks) = (fleet.Instances.Count, fleet.Instances.Count * Fleet.Checks);
        return summary.Coverage.Answered == summary.Coverage.Partitions
            && summary.Total.Instances.Equals(new InstanceCounts { Running = instances }) && summary.Total.Healthchecks.Equals(new HealthCheckCounts { Ok = checks })
            ? null
            : $"Summary: {summary.Total}, {summary.Coverage.Answered} of {summary.Coverage.Partitions} partitions";
    }

    private static async Task<string?> HttpAsync(Gateway gateway, Fleet fleet)
    {
        var answer = await gateway.Http.GetFromJsonAsync<JsonElement>(new Uri($"v1/healthchecks?id={Fleet.CheckOf(2)}&limit=1000", UriKind.Relative));
        var listed = answer.GetProperty("healthChecks").EnumerateArray().Select(check => check.GetProperty("service").GetProperty("id").GetString()!).ToList();
        return Same(listed, fleet) ? null : $"HTTP lists {listed.Count}";
    }

    private static bool Same(IEnumerable<string> instances, Fleet fleet) => instances.SequenceEqual(fleet.Instances);

    private static DateTime Soon() => TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(5);
}
