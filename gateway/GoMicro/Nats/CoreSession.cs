using System.Threading.Channels;
using Monitor.Gateway.GoMicro.Broker;
using NATS.Client.Core;

namespace Monitor.Gateway.GoMicro.Nats;

/// <summary>A topic without JetStream: what cannot be taken is lost, and counted. A message that asks for an answer gets one: empty when its report is durable, else the error.</summary>
internal sealed partial class CoreSession(INatsConnection connection, Subscription subscription, NatsQueue queue, NatsIntake intake, NatsPending pending, TimeProvider time, ILogger logger)
    : NatsSession(intake)
{
    // As many small ones as wait for a journal that is slow for a second or so.
    private const int MaxPending = 16_384;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestGoodbye = TimeSpan.FromSeconds(2);

    private volatile bool busy;

    public override async Task RunAsync(CancellationToken ending)
    {
        var options = new NatsSubOpts { ChannelOpts = new() { Capacity = MaxPending, FullMode = BoundedChannelFullMode.DropNewest } };
        await using var messages = await connection.SubscribeCoreAsync(subscription.Topic, queue.Group, pending, options, CancellationToken.None);
        await using var end = ending.Register(() => _ = EndAsync(messages));
        await foreach (var message in messages.Msgs.ReadAllAsync(CancellationToken.None))
        {
            var hasRoom = pending.Leave(message.Data);
            await GoOnAsync(hasRoom ? TakeAsync(message) : ReplyAsync(message, Intake.Overflow(message.Subject)), ending);
            if (!busy) continue;
            // What comes meanwhile waits, and is lost only where it is too much.
            busy = false;
            await Task.Delay(RetryDelay, time, ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TakeAsync(NatsMsg<byte[]> message)
    {
        var receipt = await Intake.TakeAsync(message.Subject, message.Headers, message.Data, message.Error);
        if (receipt.IsBusy) busy = true;
        await ReplyAsync(message, receipt);
    }

    private async Task ReplyAsync(NatsMsg<byte[]> message, Receipt receipt)
    {
        if (string.IsNullOrEmpty(message.ReplyTo)) return;
        try
        {
            await (receipt.Error is { } error ? message.ReplyAsync(System.Text.Encoding.ASCII.GetBytes(error.ToString())) : message.ReplyAsync());
        }
        catch (Exception e) when (e is NatsException or OperationCanceledException or ObjectDisposedException)
        {
            LogNotAnswered(logger, e.Message);
        }
    }

    /// <summary>No more comes; what has come is still read.</summary>
    private async Task EndAsync(INatsSub<byte[]> messages)
    {
        try
        {
            await messages.DrainAsync(CancellationToken.None).AsTask().WaitAsync(LongestGoodbye, time);
        }
        catch (Exception e) when (e is NatsException or OperationCanceledException or ObjectDisposedException or TimeoutException)
        {
            LogNotAnswered(logger, e.Message);
            await messages.UnsubscribeAsync();
        }
    }

    [LoggerMessage(2056, LogLevel.Debug, "NATS was not told what became of a message, or that no more are taken: {Reason}")]
    private static partial void LogNotAnswered(ILogger logger, string reason);
}
