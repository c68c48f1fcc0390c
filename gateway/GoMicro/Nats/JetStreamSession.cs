using Monitor.Gateway.GoMicro.Broker;
using NATS.Client.Core;
using NATS.Client.JetStream;

namespace Monitor.Gateway.GoMicro.Nats;

/// <summary>
/// A topic of JetStream. A message is acknowledged when its report is durable, and ended when its sender is at fault, as it would be so again. What the server is at fault for is
/// delivered again.
/// </summary>
internal sealed partial class JetStreamSession(INatsJSConsumer consumer, NatsIntake intake, NatsPending pending, TimeProvider time, ILogger logger) : NatsSession(intake)
{
    private const int MaxPending = 1000;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    // When the server was last too busy; 0: not since it last took one.
    private long busySince;

    private bool IsBusy => Volatile.Read(ref busySince) is not 0 and var since && time.GetElapsedTime(since) < RetryDelay;

    public override async Task RunAsync(CancellationToken ending)
    {
        var options = new NatsJSConsumeOpts { MaxMsgs = MaxPending, Expires = TimeSpan.FromSeconds(10), IdleHeartbeat = TimeSpan.FromSeconds(3), DrainOnCancel = true };
        try
        {
            await foreach (var message in consumer.ConsumeAsync(pending, options, ending))
            {
                if (!pending.Leave(message.Data)) await RefuseRoomAsync(message);
                // What was delivered and is not begun goes back, to another gateway where there is one.
                else if (ending.IsCancellationRequested) await GiveBackAsync(message, TimeSpan.Zero);
                // Those behind one that was not taken would fare no better, and each would be logged: they go back untried, until it is time to try one.
                else if (IsBusy) await GiveBackAsync(message, RetryDelay);
                else await GoOnAsync(TakeAsync(message), ending);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // It ends.
        }
    }

    private Task RefuseRoomAsync(INatsJSMsg<byte[]> message)
    {
        Intake.Overflow(message.Subject);
        return GiveBackAsync(message, RetryDelay);
    }

    private Task GiveBackAsync(INatsJSMsg<byte[]> message, TimeSpan delay) => AnswerAsync(message.NakAsync(new AckOpts { NakDelay = delay }));

    private async Task TakeAsync(INatsJSMsg<byte[]> message)
    {
        var receipt = await Intake.TakeAsync(message.Subject, message.Headers, message.Data, message.Error);
        if (receipt.IsBusy) Volatile.Write(ref busySince, time.GetTimestamp());
        else if (receipt.Outcome == WireOutcome.Accepted) Volatile.Write(ref busySince, 0);
        await AnswerAsync(receipt.Outcome switch
        {
            WireOutcome.Accepted => message.AckAsync(),
            WireOutcome.Refused => message.AckTerminateAsync(),
            _ => message.NakAsync(new AckOpts { NakDelay = receipt.IsBusy ? RetryDelay : DelayOf(message.Metadata?.NumDelivered ?? 1) }),
        });
    }

    // A failure that is of this message alone must not take the place of others again and again.
    private static TimeSpan DelayOf(ulong delivered) => TimeSpan.FromSeconds(Math.Min(LongestDelay.TotalSeconds, RetryDelay.TotalSeconds * Math.Pow(2, delivered - 1)));

    /// <summary>An answer that does not reach the server costs no more than another delivery.</summary>
    private async Task AnswerAsync(ValueTask answer)
    {
        try
        {
            await answer;
        }
        catch (Exception e) when (e is NatsException or OperationCanceledException or ObjectDisposedException)
        {
            LogNotAnswered(logger, e.Message);
        }
    }

    [LoggerMessage(2055, LogLevel.Debug, "NATS was not told what became of a message, and delivers it again: {Reason}")]
    private static partial void LogNotAnswered(ILogger logger, string reason);
}
