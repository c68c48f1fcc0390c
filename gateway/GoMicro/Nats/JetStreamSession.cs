using Monitor.Gateway.GoMicro.Broker;
using NATS.Client.Core;
using NATS.Client.JetStream;

namespace Monitor.Gateway.GoMicro.Nats;

/// <summary>
/// A topic of JetStream. A message is acknowledged when its report is durable, and ended when its sender is at fault, as it would be so again. What the server is at fault for is
/// delivered again.
/// </summary>
internal sealed partial class JetStreamSession(INatsJSConsumer consumer, NatsIntake intake, NatsPending pending, ILogger logger) : NatsSession(intake)
{
    private const int MaxPending = 1000;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    private volatile bool busy;

    public override async Task RunAsync(CancellationToken ending)
    {
        using var taking = CancellationTokenSource.CreateLinkedTokenSource(ending);
        var options = new NatsJSConsumeOpts { MaxMsgs = MaxPending, Expires = TimeSpan.FromSeconds(10), IdleHeartbeat = TimeSpan.FromSeconds(3), DrainOnCancel = true };
        try
        {
            await foreach (var message in consumer.ConsumeAsync(pending, options, taking.Token))
            {
                // What was delivered and is not begun goes back, to another gateway where there is one.
                if (!pending.Leave(message.Data)) await RefuseRoomAsync(message);
                else if (taking.IsCancellationRequested) await AnswerAsync(message.NakAsync(new AckOpts { NakDelay = busy ? RetryDelay : TimeSpan.Zero }, CancellationToken.None));
                else await GoOnAsync(TakeAsync(message, taking), taking.Token);
            }
        }
        catch (OperationCanceledException) when (taking.IsCancellationRequested)
        {
            // It ends.
        }
    }

    private Task RefuseRoomAsync(INatsJSMsg<byte[]> message)
    {
        Intake.Overflow(message.Subject);
        return AnswerAsync(message.NakAsync(new AckOpts { NakDelay = RetryDelay }));
    }

    private async Task TakeAsync(INatsJSMsg<byte[]> message, CancellationTokenSource taking)
    {
        var receipt = await Intake.TakeAsync(message.Subject, message.Headers, message.Data, message.Error);
        if (receipt.IsBusy && !busy)
        {
            // Those behind it would fare no better, and each would be refused and logged.
            busy = true;
            await EndAsync(taking);
        }
        await AnswerAsync(receipt.Outcome switch
        {
            WireOutcome.Accepted => message.AckAsync(),
            WireOutcome.Refused => message.AckTerminateAsync(),
            _ => message.NakAsync(new AckOpts { NakDelay = receipt.IsBusy ? RetryDelay : DelayOf(message.Metadata?.NumDelivered ?? 1) }),
        });
    }

    // A failure that is of this message alone must not take the place of others again and again.
    private static TimeSpan DelayOf(ulong delivered) => TimeSpan.FromSeconds(Math.Min(LongestDelay.TotalSeconds, RetryDelay.TotalSeconds * Math.Pow(2, delivered - 1)));

    private static async Task EndAsync(CancellationTokenSource taking)
    {
        try
        {
            await taking.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It has ended already.
        }
    }

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
