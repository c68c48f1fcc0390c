using Grpc.Core;

namespace Monitor.Client.Delivery;

/// <summary>How a connection ended.</summary>
/// <param name="Status">The gRPC status; OK where the server ended the stream without an error.</param>
/// <param name="Answered">Whether any batch was answered on it.</param>
/// <param name="RetryAfter">How long the server asked us to stay away.</param>
/// <param name="Exception">What was thrown, if anything.</param>
internal sealed record StreamEnd(Status Status, bool Answered, TimeSpan RetryAfter, Exception? Exception)
{
    private static readonly TimeSpan longest = TimeSpan.FromMinutes(1);

    /// <summary>We ended it, because the server is no longer among those there are.</summary>
    public bool Dropped { get; init; }

    public static StreamEnd Of(Exception exception, bool answered) => exception is RpcException rpc
        ? new StreamEnd(rpc.Status, answered, RetryDelay(rpc.Trailers), rpc)
        : new StreamEnd(new Status(StatusCode.Unavailable, exception.Message), answered, TimeSpan.Zero, exception);

    private static TimeSpan RetryDelay(Metadata trailers)
    {
        var delay = TimeSpan.Zero;
        if (long.TryParse(trailers.GetValue("grpc-retry-pushback-ms"), out var pushback) && pushback > 0)
            delay = TimeSpan.FromMilliseconds(Math.Min(pushback, longest.TotalMilliseconds));
        try
        {
            if (trailers.GetValueBytes("grpc-status-details-bin") is { } bytes)
            {
                foreach (var detail in Google.Rpc.Status.Parser.ParseFrom(bytes).Details)
                {
                    if (detail.TryUnpack(out Google.Rpc.RetryInfo retry) && retry.RetryDelay is { } asked) delay = asked.ToTimeSpan();
                }
            }
        }
        catch (Exception exception) when (exception is Google.Protobuf.InvalidProtocolBufferException or InvalidOperationException)
        {
            // Details we cannot read ask for nothing.
        }

        return delay > longest ? longest : delay < TimeSpan.Zero ? TimeSpan.Zero : delay;
    }
}
