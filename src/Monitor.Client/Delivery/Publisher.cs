using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Monitor.Protocol;
using Status = Grpc.Core.Status;

namespace Monitor.Client.Delivery;

/// <summary>Connects while there is something to deliver, again and again, and says in the log how it goes, at most once a minute.</summary>
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
    private readonly Sparing failures;
    private readonly Sparing rejections;
    private Task running = Task.CompletedTask;
    private bool failing;

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
        for (var turn = 0; !stop.IsCancellationRequested; turn++)
        {
            try
            {
                outbox.Rewind();
                while (outbox.IsEmpty)
                {
                    if (drain.Task.IsCompleted) return;
                    await outbox.WaitAsync(stop.Token);
                }

                var end = await ConnectAsync(turn);
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

    private async Task<StreamEnd> ConnectAsync(int turn)
    {
        try
        {
            var addresses = await resolver.ResolveAsync(stop.Token).AsTask().WaitAsync(stop.Token);
            if (addresses.Count == 0) return new StreamEnd(new Status(StatusCode.Unavailable, "no server address is known"), false, TimeSpan.Zero, null);
            var address = addresses[turn % addresses.Count];
            using var channel = options.CreateChannel?.Invoke(address) ?? Channel(address);
            var stream = new PublishStream(outbox, time, options.AnswerTimeout, OnAnswer, logger);
            return await stream.RunAsync(channel.CreateCallInvoker(), () => drain.Task.IsCompleted, stop.Token);
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            return StreamEnd.Of(exception, false);
        }
    }

    private async Task AfterAsync(StreamEnd end)
    {
        if (end.Answered) backoff.Reset();
        if (end.Status.StatusCode == StatusCode.InvalidArgument && outbox.Refused() is { } reports) Log.BatchRefused(logger, reports, end.Status.Detail);
        var delay = backoff.Next();
        if (end.RetryAfter > delay) delay = end.RetryAfter;
        failing = true;
        if (failures.Allow(out var since)) Log.Disconnected(logger, options.Server, end.Status.StatusCode, end.Status.Detail, delay, since);
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
            Log.Connected(logger);
        }

        if (answer.Rejected == 0 || !rejections.Allow(out var since)) return;
        var first = answer.Outcomes.FirstOrDefault(outcome => outcome.Outcome == Outcome.Rejected);
        Log.Rejected(logger, answer.Rejected, first?.Field ?? "", first?.Message ?? "", since);
    }

    private static GrpcChannel Channel(Uri address) => GrpcChannel.ForAddress(address, new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            // HTTP/2 without TLS does not pass a proxy.
            UseProxy = address.Scheme == Uri.UriSchemeHttps,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            KeepAlivePingDelay = TimeSpan.FromSeconds(20),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        },
        DisposeHttpClient = true,
    });
}
