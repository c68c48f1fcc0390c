using Monitor.Gateway.Errors;
using Monitor.Gateway.Grains;
using Monitor.Gateway.Health;
using Monitor.Grains.Abstractions;
using Monitor.Protocol;
using Monitor.Rules.Keys;

namespace Monitor.Gateway.Queries;

/// <summary>Answers HealthChecks.</summary>
internal sealed class HealthCheckQueries(IGrains grains, Instances instances, CatchUp catchUp)
{
    public async Task<HealthChecksResponse> AskAsync(HealthChecksRequest request, CancellationToken cancellationToken)
    {
        var service = RequestRules.Filter("service", request.Service);
        var id = RequestRules.Filter("id", request.Id);
        var query = new Query(
            service, id, RequestRules.Status(request.Status), RequestRules.Limit(request.Limit), RequestRules.Offset(request.Offset), RequestRules.View(request.View),
            PageToken.Query("HealthChecks", service, id, request.Status.ToString()));
        var after = PageToken.Parse(request.PageToken, query.Hash);
        if (after is not null) query = query with { Offset = 0 };
        await catchUp.WaitAsync(cancellationToken);
        return id is null ? await OfAllAsync(query, after, cancellationToken) : await OfCheckAsync(query, id, after, cancellationToken);
    }

    private async Task<HealthChecksResponse> OfCheckAsync(Query query, string id, PageToken? after, CancellationToken cancellationToken)
    {
        var response = new HealthChecksResponse();
        var (service, instance, offset) = (after?.First, after?.Second, query.Offset);
        while (true)
        {
            var page = await grains.HealthCheck(id)
                .Page(new(query.Service, query.Status, service, instance, offset, query.Limit - response.Healthchecks.Count))
                .WaitAsync(cancellationToken);
            if (!page.Known) throw Failure.NotFound($"No instance has ever reported healthcheck '{id}'.");
            foreach (var checks in await Instances.AskAsync(page.Instances, entry => grains.Instance(Key(entry)).HealthChecks(id, query.View), cancellationToken))
                response.Healthchecks.AddRange(checks.Where(query.Matches));
            if (!page.More || page.Instances.Count == 0) return response;
            // The index learns of changes a moment after the instances: what no longer matches leaves room for more.
            (service, instance, offset) = (page.Instances[^1].Service, page.Instances[^1].Instance, 0);
            if (response.Healthchecks.Count < query.Limit) continue;
            response.NextPageToken = new PageToken(service, instance, id).Format(query.Hash);
            return response;
        }
    }

    private async Task<HealthChecksResponse> OfAllAsync(Query query, PageToken? after, CancellationToken cancellationToken)
    {
        var found = new List<(DirectoryEntry Instance, HealthCheck Check)>();
        if (after is { Third.Length: > 0 } token)
        {
            // The page before may have ended within the healthchecks of an instance.
            var entry = new DirectoryEntry(token.First, token.Second, 0);
            Add(entry, await grains.Instance(Key(entry)).HealthChecks(null, query.View).WaitAsync(cancellationToken), check => string.CompareOrdinal(check.Id, token.Third) > 0);
        }

        var directory = instances.List(DirectorySubject.HealthChecks, query.Service, query.Status, after, query.Offset + query.Limit);
        var skip = query.Offset;
        var next = await directory.NextAsync(cancellationToken);
        for (; next is { } passed && skip >= passed.Matches; next = await directory.NextAsync(cancellationToken)) skip -= passed.Matches;

        // One more than is answered, to know whether there is a next page.
        while (next is not null && found.Count - skip <= query.Limit)
        {
            var asked = new List<DirectoryEntry>();
            for (var expected = found.Count - skip; next is { } entry && expected <= query.Limit; next = await directory.NextAsync(cancellationToken))
            {
                asked.Add(entry);
                expected += entry.Matches;
            }
            var answers = await Instances.AskAsync(asked, entry => grains.Instance(Key(entry)).HealthChecks(null, query.View), cancellationToken);
            for (var i = 0; i < asked.Count; i++) Add(asked[i], answers[i], static _ => true);
        }

        var response = new HealthChecksResponse();
        var page = found.Skip((int)skip).Take(query.Limit).ToArray();
        response.Healthchecks.AddRange(page.Select(one => one.Check));
        if (found.Count - skip > query.Limit)
        {
            var (instance, check) = page[^1];
            response.NextPageToken = new PageToken(instance.Service, instance.Instance, check.Id).Format(query.Hash);
        }
        return response;

        void Add(DirectoryEntry instance, IReadOnlyList<HealthCheck> checks, Func<HealthCheck, bool> included)
        {
            foreach (var check in checks)
                if (query.Matches(check) && included(check)) found.Add((instance, check));
        }
    }

    private static InstanceKey Key(DirectoryEntry entry) => new(entry.Service, entry.Instance);

    private sealed record Query(string? Service, string? Id, HealthCheck.Types.Status Status, int Limit, long Offset, View View, uint Hash)
    {
        public bool Matches(HealthCheck check) => Status == HealthCheck.Types.Status.Unknown || check.Status == Status;
    }
}
