using NATS.Client.Core;

namespace Monitor.Gateway.GoMicro.Nats;

/// <summary>How it stands with the server: each change is said once.</summary>
internal sealed partial class NatsSubscriber
{
    private readonly Lock gate = new();
    private State state = State.New;
    private volatile bool usesJetStream;
    private volatile CancellationTokenSource? session;
    private volatile NatsPending? pending;

    private enum State
    {
        New,
        Taking,
        Away,
        Refused,
    }

    private string Servers => string.Join(", ", options.Value.Servers);

    // The client connects again by itself; what it subscribed to without JetStream, it subscribes to again.
    private void Listen(NatsConnection connection)
    {
        connection.ConnectionDisconnected += (_, _) =>
        {
            if (!stopping.IsCancellationRequested) Say(State.Away, "The connection is lost.");
            return ValueTask.CompletedTask;
        };
        connection.ConnectionOpened += (_, _) =>
        {
            if (session is not { } current) return ValueTask.CompletedTask;
            // A server that was started again may have lost the stream, or have another mind about JetStream.
            if (usesJetStream || (options.Value.JetStream != JetStreamMode.Off && connection.ServerInfo?.JetStreamAvailable == true)) return EndAsync(current);
            Taking(connection);
            return ValueTask.CompletedTask;
        };
        connection.ServerError += (_, error) =>
        {
            if (NatsFault.IsRefusal(error.Kind)) Say(State.Refused, error.Error);
            return ValueTask.CompletedTask;
        };
        connection.MessageDropped += (_, dropped) =>
        {
            pending?.Leave(dropped.Data as byte[]);
            intake.Overflow(dropped.Subject);
            return ValueTask.CompletedTask;
        };
    }

    private void Taking(NatsConnection connection) => Say(State.Taking, connection.ServerInfo is { } server ? $"{server.Host}:{server.Port}" : Servers);

    private void Fail(Exception failure) => Say(NatsFault.IsRefusal(failure) ? State.Refused : State.Away, NatsFault.ReasonOf(failure));

    private void Say(State now, string text)
    {
        lock (gate)
        {
            // One that refuses may also hang up: why it refuses is what matters.
            if (state == now || (state == State.Refused && now == State.Away)) return;
            state = now;
        }
        if (now == State.Taking) status.Taking();
        else status.Lost(text);
        switch (now)
        {
            case State.Taking when usesJetStream:
                LogTaking(text);
                break;
            case State.Taking:
                LogTakingWithoutJetStream(text);
                break;
            case State.Away:
                LogAway(Servers, text);
                break;
            default:
                LogRefused(Servers, text);
                break;
        }
    }

    private static async ValueTask EndAsync(CancellationTokenSource current)
    {
        try
        {
            await current.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It has ended already.
        }
    }
}
