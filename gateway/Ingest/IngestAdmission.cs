using Grpc.Core;
using Microsoft.Extensions.Options;
using Monitor.Gateway.Errors;

namespace Monitor.Gateway.Ingest;

/// <summary>Bounds what is on its way to the journal over all callers: what cannot be kept is refused, not queued.</summary>
internal sealed class IngestAdmission(IOptions<GatewayOptions> options)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly long most = options.Value.MaxInFlightBytes;
    private long inFlight;

    public void Enter(int bytes)
    {
        if (Interlocked.Add(ref inFlight, bytes) <= most) return;
        Leave(bytes);
        throw Refusal();
    }

    /// <summary>
    /// Leaves once what is on its way has arrived, or cannot: not when its caller has gone, who may come back with the same again.
    /// </summary>
    public void LeaveAfter(Task done, int bytes)
    {
        if (done.IsCompleted) Leave(bytes);
        else done.ContinueWith(_ => Leave(bytes), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    public void Leave(long bytes) => Interlocked.Add(ref inFlight, -bytes);

    private RpcException Refusal() =>
        Failure.Exhausted($"More than {most} bytes of reports are waiting for the journal. Send them again after the delay.", RetryDelay);
}
