using System.Diagnostics;
using Grpc.Core;

namespace Monitor.Client.Integrations;

/// <summary>Times one gRPC call, and records it once.</summary>
internal sealed class CallTimer(IMonitorReporter reporter, string service, string method, DateTime? deadline)
{
    private readonly long start = Stopwatch.GetTimestamp();
    private int recorded;

    public void Ended(StatusCode code) => Record(code switch
    {
        StatusCode.OK => CallResult.Success,
        StatusCode.DeadlineExceeded => CallResult.Dropped,
        StatusCode.Cancelled when deadline is { } due && due <= TimeProvider.System.GetUtcNow().UtcDateTime => CallResult.Dropped,
        _ => CallResult.Error,
    });

    public void Failed(Exception exception) => Ended(exception switch
    {
        RpcException rpc => rpc.StatusCode,
        OperationCanceledException => StatusCode.Cancelled,
        TimeoutException => StatusCode.DeadlineExceeded,
        _ => StatusCode.Unknown,
    });

    public void Record(CallResult result)
    {
        if (Interlocked.Exchange(ref recorded, 1) == 0) reporter.RecordStat(service, method, Stopwatch.GetElapsedTime(start), result);
    }
}
