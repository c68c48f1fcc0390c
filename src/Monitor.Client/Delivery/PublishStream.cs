using Grpc.Core;
using Microsoft.Extensions.Logging;
using Monitor.Protocol;
using Status = Grpc.Core.Status;

namespace Monitor.Client.Delivery;

/// <summary>One connection: sends what the outbox has, from the first unanswered batch, and takes the answers.</summary>
internal sealed class PublishStream(Outbox outbox, TimeProvider time, TimeSpan answerTimeout, Action<PublishResponse> onAnswer, ILogger logger)
{
    private readonly Lock gate = new();
    private ITimer? watch;
    private bool watching;
    private bool answered;
    private bool silent;

    /// <param name="invoker">The channel.</param>
    /// <param name="draining">Once true, and all is answered, the stream is ended.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<StreamEnd> RunAsync(CallInvoker invoker, Func<bool> draining, CancellationToken cancellationToken)
    {
        using var life = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var timer = time.CreateTimer(_ => GiveUp(life), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        watch = timer;
        outbox.Rewind();
        using var call = invoker.AsyncDuplexStreamingCall(PublishMethod.Method, null, new CallOptions(cancellationToken: life.Token));
        var writing = WriteAsync(call.RequestStream, draining, life);
        Exception? failure = null;
        try
        {
            await ReadAsync(call.ResponseStream, life.Token);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        await life.CancelAsync();
        var unwritten = await writing;
        if (silent) return new StreamEnd(new Status(StatusCode.DeadlineExceeded, $"no answer for {answerTimeout.TotalSeconds:0.###}s"), answered, TimeSpan.Zero, null);

        // A failed write cancels the read, whose status then says nothing.
        if (failure is RpcException { StatusCode: StatusCode.Cancelled } or OperationCanceledException) failure = unwritten ?? failure;
        return failure is null ? new StreamEnd(Status.DefaultSuccess, answered, TimeSpan.Zero, null) : StreamEnd.Of(failure, answered);
    }

    private async Task<Exception?> WriteAsync(IClientStreamWriter<Frame> stream, Func<bool> draining, CancellationTokenSource life)
    {
        try
        {
            while (true)
            {
                while (outbox.Take() is { } frame)
                {
                    Watch(restart: false);
                    await stream.WriteAsync(frame, life.Token);
                }

                if (draining() && outbox.IsEmpty)
                {
                    await stream.CompleteAsync();
                    return null;
                }

                await outbox.WaitAsync(life.Token);
            }
        }
        catch (Exception exception)
        {
            if (!life.IsCancellationRequested) await life.CancelAsync();
            return exception;
        }
    }

    private async Task ReadAsync(IAsyncStreamReader<PublishAnswers> stream, CancellationToken cancellationToken)
    {
        while (await stream.MoveNext(cancellationToken))
        {
            foreach (var answer in stream.Current.Answers)
            {
                if (outbox.Answer(answer))
                {
                    answered = true;
                    onAnswer(answer);
                }
                else
                {
                    Log.UnknownAnswer(logger, answer.Id);
                }
            }

            Watch(restart: true);
        }
    }

    private void Watch(bool restart)
    {
        lock (gate)
        {
            if (watching && !restart) return;
            watching = outbox.HasInFlight;
            watch?.Change(watching ? answerTimeout : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void GiveUp(CancellationTokenSource life)
    {
        silent = true;
        try
        {
            life.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The connection ended meanwhile.
        }
    }
}
