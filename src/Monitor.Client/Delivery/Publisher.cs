using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Monitor.Protocol;
using Status = Grpc.Core.Status;

namespace Monitor.Client.Delivery;

/// <summary>
/// Connects while there is something to deliver, again and again, and says in the log how it goes, at most once a minute. From a server that fails, or is no
/// longer among those there are, it moves to another at once; it waits before it asks one again that has failed.
/// </summary>
internal sealed class Publisher : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan quiet = TimeSpan.FromMinutes(1);

    private readonly Outbox outbox;
    private readonly MonitorReporterOptions options;
    private readonly AddressResolver resolver;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stop = new();
    private readonly TaskCompletionSource drain = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Backoff backoff = new();
    private readonly Rotation rotation = new();
    private readonly Sparing failures;
    private readonly Sparing rejections;
    private Task running = Task.CompletedTask;
    private bool failing;

    // Of the present attempt: the server, if any is known; and how many more there are that have not been tried since the last answer.
    private Uri? server;
    private int tried;
    private int others;

    public Publisher(Outbox outbox, MonitorReporterOptions options, AddressResolver resolver, TimeProvider time, ILogger logger)
    {
        (this.outbox, this.options, this.resolver, this.time, this.logger) = (outbox, options, resolver, time, logger);
        failures = new Sparing(time, quiet);
        rejections = new Sparing(time, quiet);
    }

    public void Start() => running = Task.Run(RunAsync);

    /// <summary>Delivers what is left, and ends the connection. Returns false where the time did not suffice.</summary>
    public async Task<bool> DrainAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        drain.TrySetResult();
        outbox.Wake();
        try
        {
            await running.WaitAsync(timeout, time, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // Told below.
        }

        await stop.CancelAsync();
        return outbox.IsEmpty;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
    }

    public void Dispose() => stop.Cancel();

    private async Task RunAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                outbox.Rewind();
                while (outbox.IsEmpty)
                {
                    if (drain.Task.IsCompleted) return;
                    await outbox.WaitAsync(stop.Token);
                }

                var end = await ConnectAsync();
                if (stop.IsCancellationRequested || (drain.Task.IsCompleted && outbox.IsEmpty)) return;
                await AfterAsync(end);
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                Log.DeliveryFailed(logger, exception);
                await Task.Delay(backoff.Next(), time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<StreamEnd> ConnectAsync()
    {
        (server, others) = (null, 0);
        try
        {
            var addresses = await resolver.ResolveAsync(stop.Token).AsTask().WaitAsync(stop.Token);
            if (addresses.Count == 0) return new StreamEnd(new Status(StatusCode.Unavailable, "no server address is known"), false, TimeSpan.Zero, null);
            var address = server = rotation.Next(addresses);
            others = addresses.Count - ++tried;
            using var channel = options.CreateChannel?.Invoke(address) ?? Channel(address);
            using var leave = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
            var dropped = WhenDroppedAsync(address, addresses, leave);
            var stream = new PublishStream(outbox, time, options.AnswerTimeout, OnAnswer, logger);
            StreamEnd end;
            try
            {
                end = await stream.RunAsync(channel.CreateCallInvoker(), () => drain.Task.IsCompleted, leave.Token);
            }
            finally
            {
                await leave.CancelAsync();
            }

            return await dropped ? end with { Dropped = true } : end;
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            return StreamEnd.Of(exception, false);
        }
    }

    /// <summary>Ends the connection, and answers true, when the server is no longer among those there are.</summary>
    private async Task<bool> WhenDroppedAsync(Uri address, IReadOnlyList<Uri> addresses, CancellationTokenSource leave)
    {
        try
        {
            do
            {
                await resolver.WhenChangedAsync(addresses, leave.Token);
                addresses = await resolver.ResolveAsync(leave.Token);
            }
            while (addresses.Count == 0 || addresses.Contains(address));

            await leave.CancelAsync();
            return true;
        }
        catch (Exception) when (leave.IsCancellationRequested)
        {
            // The connection ended first.
        }
        catch (Exception exception)
        {
            Log.ChangesUnknown(logger, resolver, exception);
        }

        return false;
    }

    private async Task AfterAsync(StreamEnd end)
    {
        if (end.Dropped)
        {
            tried = 0;
            Log.Dropped(logger, server!, resolver);
            return;
        }

        if (end.Answered)
        {
            backoff.Reset();
            (others, tried) = (others + tried - 1, 1);
        }

        var refused = end.Status.StatusCode == StatusCode.InvalidArgument;
        if (refused && outbox.Refused() is { } reports) Log.BatchRefused(logger, reports, end.Status.Detail);

        // What one server refuses no other takes.
        if (!refused && server is not null) rotation.Failed(server);
        var delay = !refused && others > 0 ? TimeSpan.Zero : backoff.Next();
        if (end.RetryAfter > delay) delay = end.RetryAfter;
        failing = true;
        if (failures.Allow(out var since)) Log.Disconnected(logger, server?.ToString() ?? resolver.ToString(), end.Status.StatusCode, end.Status.Detail, delay, since);
        if (delay == TimeSpan.Zero) return;
        if (drain.Task.IsCompleted)
        {
            await Task.Delay(delay, time, stop.Token);
            return;
        }

        // Stopping ends the wait: there is no time to lose then.
        using var waited = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        await Task.WhenAny(Task.Delay(delay, time, waited.Token), drain.Task);
        await waited.CancelAsync();
        if (drain.Task.IsCompleted) backoff.Reset();
    }

    private void OnAnswer(PublishResponse answer)
    {
        if (failing)
        {
            failing = false;
            Log.Connected(logger, server!);
        }

        if (answer.Rejected == 0 || !rejections.Allow(out var since)) return;
        var first = answer.Outcomes.FirstOrDefault(outcome => outcome.Outcome == Outcome.Rejected);
        Log.Rejected(logger, answer.Rejected, first?.Field ?? "", first?.Message ?? "", since);
    }

    private GrpcChannel Channel(Uri address) => GrpcChannel.ForAddress(address, new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            // HTTP/2 without TLS does not pass a proxy.
            UseProxy = address.Scheme == Uri.UriSchemeHttps,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            // Notices a server that hangs. In proportion to what is reported: pings of many that report seldom must not be most of a server's work.
            KeepAlivePingDelay = TimeSpan.FromSeconds(Math.Clamp(options.Interval.TotalSeconds / 4, 5, 20)),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        },
        DisposeHttpClient = true,
    });
}
