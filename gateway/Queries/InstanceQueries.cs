using Monitor.Gateway.Errors;
using Monitor.Gateway.Grains;
using Monitor.Grains.Abstractions;
using Monitor.Rules.Keys;

namespace Monitor.Gateway.Queries;

/// <summary>Lists what each instance has one of: its status, or its stats.</summary>
internal sealed class InstanceQueries(IGrains grains, Instances instances)
{
    /// <param name="query">The request.</param>
    /// <param name="ask">Asks one instance; null where it has nothing.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<(IReadOnlyList<T> Entries, string NextPageToken)> ListAsync<T>(
        InstanceQuery query, Func<IServiceInstanceGrain, Task<T?>> ask, CancellationToken cancellationToken)
        where T : class
    {
        if (query.Id is { } id) return (await OfInstanceAsync(query, id, ask, cancellationToken), "");

        var hash = PageToken.Query(query.Subject.ToString(), query.Service);
        var after = PageToken.Parse(query.PageToken, hash);
        var directory = instances.List(query.Subject, query.Service, default, after, query.Offset + query.Limit);
        var next = await directory.NextAsync(cancellationToken);
        if (after is null)
        {
            for (var skip = query.Offset; next is { } passed && skip >= passed.Matches; next = await directory.NextAsync(cancellationToken)) skip -= passed.Matches;
        }

        var found = new List<(DirectoryEntry Instance, T Entry)>();
        // One more than is answered, to know whether there is a next page.
        while (next is not null && found.Count <= query.Limit)
        {
            var asked = new List<DirectoryEntry>();
            for (; next is { } entry && found.Count + asked.Count <= query.Limit; next = await directory.NextAsync(cancellationToken)) asked.Add(entry);
            var answers = await Instances.AskAsync(asked, entry => ask(grains.Instance(new InstanceKey(entry.Service, entry.Instance))), cancellationToken);
            for (var i = 0; i < asked.Count; i++)
                if (answers[i] is { } answer) found.Add((asked[i], answer));
        }
        var more = found.Count > query.Limit;
        var last = more ? found[query.Limit - 1].Instance : default;
        return ([.. found.Take(query.Limit).Select(one => one.Entry)], more ? new PageToken(last.Service, last.Instance, "").Format(hash) : "");
    }

    private async Task<IReadOnlyList<T>> OfInstanceAsync<T>(InstanceQuery query, string id, Func<IServiceInstanceGrain, Task<T?>> ask, CancellationToken cancellationToken)
        where T : class
    {
        var services = await ServicesOfAsync(query.Service, id, cancellationToken);
        var answers = await Instances.AskAsync(services, service => ask(grains.Instance(new InstanceKey(service, id))), cancellationToken);
        return [.. answers.OfType<T>().Skip((int)query.Offset).Take(query.Limit)];
    }

    /// <summary>The services, of those that match, that have an instance of this id.</summary>
    /// <exception cref="Grpc.Core.RpcException">It was never seen.</exception>
    public async Task<IReadOnlyList<string>> ServicesOfAsync(string? service, string id, CancellationToken cancellationToken)
    {
        var services = await instances.FindAsync(id, cancellationToken);
        IReadOnlyList<string> matching = service is null ? services : [.. services.Where(name => name == service)];
        if (matching.Count > 0) return matching;
        throw Failure.NotFound(service is null ? $"No instance '{id}' has ever reported." : $"No instance '{id}' of service '{service}' has ever reported.");
    }
}

/// <param name="Subject">What is listed.</param>
/// <param name="Service">Only this service; null: any.</param>
/// <param name="Id">Only this instance; null: any.</param>
/// <param name="Limit">At most this many.</param>
/// <param name="Offset">Passed over, where there is no page token.</param>
/// <param name="PageToken">As in the request.</param>
internal sealed record InstanceQuery(DirectorySubject Subject, string? Service, string? Id, int Limit, long Offset, string PageToken);
