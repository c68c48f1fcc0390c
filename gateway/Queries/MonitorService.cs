using Grpc.Core;
using Monitor.Protocol;

namespace Monitor.Gateway.Queries;

/// <summary>The Monitor service over gRPC.</summary>
internal sealed class MonitorService(MonitorQueries queries) : Protocol.Monitor.MonitorBase
{
    public override Task<HealthChecksResponse> HealthChecks(HealthChecksRequest request, ServerCallContext context) =>
        queries.HealthChecks(request, context.CancellationToken);

    public override Task<ServicesResponse> Services(ServicesRequest request, ServerCallContext context) => queries.Services(request, context.CancellationToken);

    public override Task<StatusResponse> Status(StatusRequest request, ServerCallContext context) => queries.Status(request, context.CancellationToken);

    public override Task<StatsResponse> Stats(StatsRequest request, ServerCallContext context) => queries.Stats(request, context.CancellationToken);

    public override Task<HistoryResponse> History(HistoryRequest request, ServerCallContext context) => queries.History(request, context.CancellationToken);

    public override Task<SummaryResponse> Summary(SummaryRequest request, ServerCallContext context) => queries.Summary(request, context.CancellationToken);
}
