using Monitor.Gateway.Grains;
using Monitor.Gateway.Health;
using Monitor.Grains.Abstractions;
using Monitor.Protocol;
using Monitor.Rules.Keys;

namespace Monitor.Gateway.Queries;

/// <summary>Answers what is asked of services as a whole: Services, and Status without <c>verbose</c>.</summary>
internal sealed class ServiceQueries(IGrains grains, Instances instances, IServiceRegistry registry, CatchUp catchUp)
{
    public async Task<ServicesResponse> ServicesAsync(ServicesRequest request, CancellationToken cancellationToken)
    {
        var service = RequestRules.Filter("service", request.Service);
        var includesRegistry = RequestRules.IncludesRegistry(request.Include);
        await catchUp.WaitAsync(cancellationToken);
        var services = (await VersionsAsync(service, cancellationToken)).Select(one => ToService(one.Service, one.Version, nodes: true));
        if (includesRegistry) services = WithSilent([.. services], service, await registry.ServicesAsync(cancellationToken));
        return new() { Services = { services } };
    }

    private static IEnumerable<Service> WithSilent(IReadOnlyList<Service> reporting, string? service, IEnumerable<RegisteredService> registered)
    {
        var heard = reporting.Select(one => one.Name).ToHashSet(StringComparer.Ordinal);
        return reporting
            .Concat(registered
                .Where(one => !heard.Contains(one.Name) && (service is null || one.Name == service))
                .Select(one => new Service { Name = one.Name, Version = one.Version, Silent = true }))
            .OrderBy(one => new InstanceKey(one.Name, one.Version));
    }

    /// <summary>One entry for each (name, version), with its worst status.</summary>
    public async Task<StatusResponse> StatusAsync(string? service, int limit, long offset, string pageToken, View view, CancellationToken cancellationToken)
    {
        var hash = PageToken.Query("StatusOfServices", service);
        IEnumerable<(string Service, ServiceVersion Version)> versions = await VersionsAsync(service, cancellationToken);
        versions = PageToken.Parse(pageToken, hash) is { } after
            ? versions.Where(one => new InstanceKey(one.Service, one.Version.Version) > new InstanceKey(after.First, after.Second))
            : versions.Skip((int)offset);

        var found = versions.Take(limit + 1).ToArray();
        var page = found.Length > limit ? found[..limit] : found;
        var response = new StatusResponse();
        response.Statuses.AddRange(await Instances.AskAsync(page, one => WorstAsync(one.Service, one.Version, view), cancellationToken));
        if (found.Length > limit) response.NextPageToken = new PageToken(page[^1].Service, page[^1].Version.Version, "").Format(hash);
        return response;
    }

    private async Task<IReadOnlyList<(string Service, ServiceVersion Version)>> VersionsAsync(string? service, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> names = service is null ? await instances.ServicesAsync(cancellationToken) : [service];
        var versions = await Instances.AskAsync(names, name => grains.Service(name).Versions(), cancellationToken);
        return [.. names.Zip(versions).SelectMany(one => one.Second.Select(version => (one.First, version)))];
    }

    private async Task<Status> WorstAsync(string service, ServiceVersion version, View view)
    {
        var worst = await grains.Instance(new InstanceKey(service, version.WorstInstance)).Status(view);
        var entry = new Status { Service = ToService(service, version, nodes: view == View.Full), Status_ = version.Worst };
        if (worst is null) return entry;
        // Past its interval an instance says so itself, a grace before it tells its service.
        if (worst.Status_ < entry.Status_) entry.Status_ = worst.Status_;
        entry.Info = worst.Info;
        entry.Timestamp = worst.Timestamp;
        entry.Interval = worst.Interval;
        entry.Ttl = worst.Ttl;
        return entry;
    }

    private static Service ToService(string name, ServiceVersion version, bool nodes)
    {
        var service = new Service { Name = name, Version = version.Version };
        if (nodes) service.Nodes.AddRange(version.Instances.Select(id => new Node { Id = id }));
        return service;
    }
}
