using Microsoft.Extensions.Options;
using Monitor.Gateway.GoMicro.Broker;
using NATS.Client.Core;
using NATS.Client.JetStream;

namespace Monitor.Gateway.GoMicro.Nats;

/// <summary>
/// Takes the topics from NATS, where that is configured, from when the host has started until it begins to stop. A server that is away, or refuses, is tried again for ever: nothing
/// else of the gateway waits for it.
/// </summary>
internal sealed partial class NatsSubscriber(
    IOptions<GoMicroNatsOptions> options, IOptions<GoMicroOptions> goMicro, JetStreamTopics topics, NatsIntake intake, GoMicroNatsStatus status, GatewayAddresses addresses,
    IHostApplicationLifetime lifetime, TimeProvider time, ILogger<NatsSubscriber> logger) : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>For what is on its way to the journal when it ends: what is not durable by then is delivered again, where JetStream is on.</summary>
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.IsConfigured) running = RunAsync(stopping.Token);
        return Task.CompletedTask;
    }

    /// <summary>Before anything else stops: what is taken is still to reach the journal.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StopAsync(CancellationToken cancellationToken) => StoppingAsync(cancellationToken);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => stopping.Dispose();

    private async Task RunAsync(CancellationToken stop)
    {
        await lifetime.WaitForStartAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        for (var pause = Pause; !stop.IsCancellationRequested; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await ConnectAsync(stop);
                pause = Pause;
            }
            catch (Exception e)
            {
                if (stop.IsCancellationRequested) return;
                Fail(e);
            }
            await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ConnectAsync(CancellationToken stop)
    {
        var connection = new NatsConnection(NatsConnections.Of(options.Value));
        try
        {
            Listen(connection);
            await connection.ConnectAsync().AsTask().WaitAsync(stop);
            while (!stop.IsCancellationRequested)
            {
                await ServeAsync(connection, stop);
                // The connection is a new one, or a topic has ended, as where its stream was deleted.
                await Task.Delay(Pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            await connection.DisposeAsync().AsTask().WaitAsync(LongestDrain, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Takes all topics until one of them cannot be taken, or the connection is a new one.</summary>
    private async Task ServeAsync(NatsConnection connection, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var sessions = await SessionsAsync(connection, ending.Token);
        session = ending;
        var runs = sessions.Select(one => one.RunAsync(ending.Token)).ToArray();
        try
        {
            // Answered after what was subscribed to; where it is not, the connection is lost, which is told otherwise.
            await ((Task)connection.PingAsync(ending.Token).AsTask()).WaitAsync(LongestDrain, time, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (connection.ConnectionState == NatsConnectionState.Open) Taking(connection);
            await Task.WhenAny(runs);
            await ending.CancelAsync();
            // One whose end the server never confirms, as it was started again in the middle of it, must not keep the next from beginning.
            var ended = Task.WhenAll(runs);
            await Task.WhenAny(ended, Task.Delay(LongestDrain, time, CancellationToken.None));
            if (ended.IsCompleted) await ended;
        }
        finally
        {
            session = null;
            var drained = Task.WhenAll(sessions.Select(one => one.DrainAsync()));
            await drained.WaitAsync(LongestDrain, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!drained.IsCompleted) LogNotDrained(LongestDrain);
        }
    }

    private async Task<IReadOnlyList<NatsSession>> SessionsAsync(NatsConnection connection, CancellationToken cancellationToken)
    {
        var queue = NatsQueue.Of(goMicro.Value.Queue, $"{Environment.MachineName}/{addresses.Grpc}");
        var waiting = pending = new NatsPending(intake.MostPending);
        var consumers = await ConsumersAsync(connection, queue, cancellationToken);
        usesJetStream = consumers is not null;
        return consumers is not null
            ? [.. consumers.Select(consumer => new JetStreamSession(consumer, intake, waiting, time, logger))]
            : [.. Subscriptions.All.Select(subscription => new CoreSession(connection, subscription, queue, intake, waiting, time, logger))];
    }

    /// <summary>Null: JetStream is not used.</summary>
    private async Task<IReadOnlyList<INatsJSConsumer>?> ConsumersAsync(NatsConnection connection, NatsQueue queue, CancellationToken cancellationToken)
    {
        var mode = options.Value.JetStream;
        if (mode == JetStreamMode.Off) return null;
        if (connection.ServerInfo?.JetStreamAvailable == true)
        {
            try
            {
                return await topics.EnsureAsync(new NatsJSContext(connection), queue, cancellationToken);
            }
            catch (NatsJSApiException none) when (NatsFault.IsNoJetStream(none))
            {
                // The server has it, and the account has not.
            }
        }
        return mode == JetStreamMode.Auto ? null : throw new JetStreamMissingException();
    }
}
