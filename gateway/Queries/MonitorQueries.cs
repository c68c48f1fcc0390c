using System.Globalization;
using Monitor.Gateway.Errors;
using Monitor.Gateway.Grains;
using Monitor.Gateway.Health;
using Monitor.Grains.Abstractions;
using Monitor.Protocol;
using Monitor.Rules.Keys;

namespace Monitor.Gateway.Queries;

/// <summary>The methods of the Monitor service, whichever way they are called. Each but Summary waits until what the journal held at the start is applied.</summary>
internal sealed class MonitorQueries(
    CatchUp catchUp, HealthCheckQueries healthChecks, ServiceQueries services, InstanceQueries instances, SummaryQueries summaries, IGrains grains)
{
    public Task<HealthChecksResponse> HealthChecks(HealthChecksRequest request, CancellationToken cancellationToken) => healthChecks.AskAsync(request, cancellationToken);

    public Task<ServicesResponse> Services(ServicesRequest request, CancellationToken cancellationToken) => services.ServicesAsync(request, cancellationToken);

    public async Task<StatusResponse> Status(StatusRequest request, CancellationToken cancellationToken)
    {
        var view = RequestRules.View(request.View);
        var query = new InstanceQuery(
            DirectorySubject.Status,
            RequestRules.Filter("service", request.Service),
            RequestRules.Filter("id", request.Id),
            RequestRules.Limit(request.Limit),
            RequestRules.Offset(request.Offset),
            request.PageToken);
        await catchUp.WaitAsync(cancellationToken);
        if (query.Id is null && !request.Verbose)
            return await services.StatusAsync(query.Service, query.Limit, query.Offset, query.PageToken, view, cancellationToken);
        var (entries, next) = await instances.ListAsync(query, instance => instance.Status(view), cancellationToken);
        return new() { Statuses = { entries }, NextPageToken = next };
    }

    public async Task<StatsResponse> Stats(StatsRequest request, CancellationToken cancellationToken)
    {
        var view = RequestRules.View(request.View);
        var query = new InstanceQuery(
            DirectorySubject.Stats,
            RequestRules.Filter("service", request.Service),
            RequestRules.Filter("id", request.Id),
            RequestRules.Limit(request.Limit),
            RequestRules.Offset(request.Offset),
            request.PageToken);
        await catchUp.WaitAsync(cancellationToken);
        var (entries, next) = await instances.ListAsync(query, instance => instance.Stats(view), cancellationToken);
        return new() { Stats = { entries }, NextPageToken = next };
    }

    public Task<SummaryResponse> Summary(SummaryRequest request, CancellationToken cancellationToken) => summaries.AskAsync(request, cancellationToken);

    public async Task<HistoryResponse> History(HistoryRequest request, CancellationToken cancellationToken)
    {
        var service = RequestRules.Filter("service", request.Service);
        var id = RequestRules.Required("id", request.Id);
        RequestRules.Filter("check", request.Check);
        RequestRules.Time("from_ms", request.FromMs);
        if (RequestRules.Time("to_ms", request.ToMs) is > 0 and var to && to < request.FromMs)
            throw Failure.Invalid("to_ms", string.Create(CultureInfo.InvariantCulture, $"{to} is before from_ms, {request.FromMs}."));
        var limit = RequestRules.Limit(request.Limit);
        await catchUp.WaitAsync(cancellationToken);
        var found = await instances.ServicesOfAsync(service, id, cancellationToken);
        if (found.Count > 1)
            throw Failure.Invalid("service", $"It is required: instance '{id}' belongs to several services, among them '{found[0]}' and '{found[1]}'.");
        var asked = new HistoryRequest(request) { Service = found[0], Limit = (ulong)limit };
        try
        {
            return await grains.Instance(new InstanceKey(found[0], id)).History(asked).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (request.PageToken.Length > 0 && exception is FormatException or ArgumentException)
        {
            // The token is the instance's own, and only it can tell.
            throw Failure.Invalid("page_token", "It is no page token; give the next_page_token of the page before, as it is.");
        }
    }
}
