using System.Threading.Channels;
using Grpc.Core;
using Monitor.Gateway.Errors;
using Monitor.Rules.Reports;

namespace Monitor.Gateway.Ingest;

/// <summary>
/// One stream of batches. A loop reads and appends while earlier appends are under way, within a window; another answers them in order of arrival, all those
/// ready together in one message. What ends the stream is told after the answers of what came before it.
/// </summary>
internal sealed class PublishStream(
    IAsyncStreamReader<byte[]> batches, IServerStreamWriter<AnswerBuffer> answers, Ingestion ingestion, InFlightWindow window)
{
    private const int MaxAnswerBytes = 64 * 1024;

    private readonly Channel<PendingAnswer> pending =
        Channel.CreateUnbounded<PendingAnswer>(new() { SingleReader = true, SingleWriter = true, AllowSynchronousContinuations = false });

    private readonly AnswerBuffer buffer = new();

    /// <summary>Completes when the reporter has ended the stream and all is answered. At <paramref name="stopping"/> it reads no more.</summary>
    public async Task RunAsync(Task stopping)
    {
        var reading = ReadAsync();
        var answering = AnswerAsync();
        try
        {
            // Reading ends only with the reporter's stream; a failed append, or the end of the server, must not wait for that.
            var first = await Task.WhenAny(reading, answering, stopping);
            if (first == stopping) pending.Writer.TryComplete(Failure.Unavailable("The server is stopping. Connect again, and send what was not answered."));
            await answering;
        }
        finally
        {
            pending.Writer.TryComplete();
            while (pending.Reader.TryRead(out var unanswered)) window.Leave(unanswered.Bytes, unanswered.Done);
            window.Close();
            Forget(reading);
        }
    }

    private async Task ReadAsync()
    {
        var scan = new ScannedBatch();
        var routed = new List<RoutedPayload>();
        try
        {
            while (await batches.MoveNext(CancellationToken.None))
            {
                var batch = batches.Current;
                window.Enter(batch.Length);
                var room = window.RoomAsync();
                var appending = Append(batch, scan, routed);
                if (!pending.Writer.TryWrite(appending))
                {
                    window.Leave(appending.Bytes, appending.Done);
                    return;
                }
                if (!room.IsCompletedSuccessfully) await room;
            }
            pending.Writer.TryComplete();
        }
        catch (Exception exception)
        {
            pending.Writer.TryComplete(exception);
        }
    }

    private PendingAnswer Append(byte[] batch, ScannedBatch scan, List<RoutedPayload> routed)
    {
        try
        {
            return ingestion.Append(batch, scan, routed);
        }
        catch
        {
            window.Leave(batch.Length, Task.CompletedTask);
            throw;
        }
    }

    private async Task AnswerAsync()
    {
        var reader = pending.Reader;
        while (await reader.WaitToReadAsync())
        {
            while (reader.TryRead(out var next))
            {
                try
                {
                    if (!next.Done.IsCompleted && buffer.Length > 0) await SendAsync();
                    if (next.TryGetResponse(out var response))
                    {
                        buffer.Add(await response);
                    }
                    else
                    {
                        if (!next.Done.IsCompletedSuccessfully) await next.Done;
                        buffer.Add(next.Id, next.Accepted);
                    }
                }
                finally
                {
                    window.Leave(next.Bytes, next.Done);
                }
                if (buffer.Length >= MaxAnswerBytes) await SendAsync();
            }
            if (buffer.Length > 0) await SendAsync();
        }
        await reader.Completion;
    }

    private async Task SendAsync()
    {
        await answers.WriteAsync(buffer);
        buffer.Clear();
    }

    /// <summary>A read that is still pending when the call is over fails with it, which is of no interest.</summary>
    private static void Forget(Task task) =>
        task.ContinueWith(static done => _ = done.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
