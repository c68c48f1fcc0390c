using Google.Protobuf;
using Monitor.Gateway.Queries;
using Monitor.Protocol;

namespace Monitor.Gateway.GoMicro.Rpc;

/// <summary>A method as it is named on this wire.</summary>
/// <param name="ErrorId">What its errors are marked with.</param>
/// <param name="UnknownId">The code of an id that was never seen: the original's.</param>
/// <param name="AnswerAsync">Answers a request.</param>
internal sealed record RpcMethod(string ErrorId, int UnknownId, Func<RpcRequest, CancellationToken, Task<IMessage>> AnswerAsync);

/// <summary>The methods that are served: the original's, with its fields and no others.</summary>
internal sealed class RpcMethods
{
    private readonly Dictionary<string, RpcMethod> methods;

    public RpcMethods(MonitorQueries queries, GoMicroMetrics metrics, TimeProvider time)
    {
        var started = time.GetUtcNow();
        methods = new(StringComparer.Ordinal)
        {
            // The full view has the interval, ttl and nodes that the original shows, and more.
            ["Monitor.HealthChecks"] = new("go.micro.srv.monitor.Monitor.HealthCheck", StatusCodes.Status404NotFound, async (request, ct) =>
            {
                var asked = request.Read<HealthChecksRequest>();
                asked.View = View.Full;
                return new HealthChecksResponse { Healthchecks = { (await queries.HealthChecks(asked, ct)).Healthchecks.Select(OriginalForm.Of) } };
            }),
            ["Monitor.Services"] = new("go.micro.srv.monitor.Monitor.Services", StatusCodes.Status500InternalServerError, async (request, ct) =>
                await queries.Services(request.Read<ServicesRequest>(), ct)),
            ["Monitor.Status"] = new("go.micro.srv.monitor.Monitor.Status", StatusCodes.Status500InternalServerError, async (request, ct) =>
            {
                var asked = request.Read<StatusRequest>();
                asked.View = View.Full;
                return new StatusResponse { Statuses = { (await queries.Status(asked, ct)).Statuses.Select(OriginalForm.Of) } };
            }),
            ["Monitor.Stats"] = new("go.micro.srv.monitor.Monitor.Stats", StatusCodes.Status500InternalServerError, async (request, ct) =>
            {
                var asked = request.Read<StatsRequest>();
                asked.View = View.Full;
                return new StatsResponse { Stats = { (await queries.Stats(asked, ct)).Stats.Select(OriginalForm.Of) } };
            }),
            ["Debug.Health"] = new("go.micro.srv.monitor.Debug.Health", StatusCodes.Status500InternalServerError, static (_, _) =>
                Task.FromResult<IMessage>(new DebugHealthResponse { Status = "ok" })),
            ["Debug.Stats"] = new("go.micro.srv.monitor.Debug.Stats", StatusCodes.Status500InternalServerError, (_, _) =>
                Task.FromResult<IMessage>(Stats(started, time.GetUtcNow(), metrics))),
        };
    }

    /// <summary>Null where there is none, and then the original's words for it.</summary>
    public RpcMethod? Find(string name, out string fault)
    {
        fault = "";
        if (methods.TryGetValue(name, out var method)) return method;
        var parts = name.Split('.');
        if (parts.Length != 2) fault = $"rpc: service/method request ill-formed: {name}";
        else if (!methods.Keys.Any(known => known.StartsWith($"{parts[0]}.", StringComparison.Ordinal))) fault = $"rpc: can't find service {name}";
        else fault = $"rpc: can't find method {name}";
        return null;
    }

    private static DebugStatsResponse Stats(DateTimeOffset started, DateTimeOffset now, GoMicroMetrics metrics)
    {
        var (refused, failed) = (metrics.Calls(WireOutcome.Refused), metrics.Calls(WireOutcome.Failed));
        return new()
        {
            Started = (ulong)started.ToUnixTimeSeconds(),
            Uptime = (ulong)(now - started).TotalSeconds,
            Memory = (ulong)GC.GetTotalMemory(forceFullCollection: false),
            Threads = (ulong)ThreadPool.ThreadCount,
            Gc = (ulong)GC.GetTotalPauseDuration().TotalNanoseconds,
            Requests = metrics.Calls(WireOutcome.Accepted) + refused + failed,
            Errors = refused + failed,
            MessagesAccepted = metrics.Messages(WireOutcome.Accepted),
            MessagesRefused = metrics.Messages(WireOutcome.Refused),
            MessagesFailed = metrics.Messages(WireOutcome.Failed),
        };
    }
}

/// <summary>Entries with the original's fields alone: instances as nodes, and nothing that is new. What grains answer is frozen, so these are copies.</summary>
internal static class OriginalForm
{
    public static HealthCheck Of(HealthCheck entry)
    {
        var original = entry.Clone();
        (original.Derived, original.Duration, original.Degraded) = (null, 0, false);
        original.Tags.Clear();
        original.Service = Of(entry.Service);
        return original;
    }

    public static Protocol.Status Of(Protocol.Status entry)
    {
        var original = entry.Clone();
        original.Derived = null;
        original.Service = Of(entry.Service);
        return original;
    }

    public static Stats Of(Stats entry)
    {
        var original = entry.Clone();
        original.Derived = null;
        original.Service = Of(entry.Service);
        return original;
    }

    private static Service? Of(Service? service)
    {
        if (service is null || service.Id.Length == 0) return service;
        return new() { Name = service.Name, Version = service.Version, Nodes = { new Node { Id = service.Id } } };
    }
}
