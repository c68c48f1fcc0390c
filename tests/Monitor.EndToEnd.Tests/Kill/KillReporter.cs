using System.Globalization;
using Grpc.Core;
using Monitor.Protocol;
using Monitor.Testing;

namespace Monitor.EndToEnd.Tests.Kill;

/// <summary>
/// Reports for many instances on one stream, over as many servers' lives as there are. It remembers what was sent and what was answered, and sends again, with
/// the same epoch and sequence, what was not.
/// </summary>
internal sealed class KillReporter
{
    public const int Checks = 3;

    /// <summary>Unanswered batches.</summary>
    private const int Window = 16;

    private readonly KillInstance[] instances;
    private readonly Dictionary<ulong, (KillInstance Instance, PublishRequest Batch)> unanswered = [];
    private readonly Lock gate = new();
    private ulong lastId;
    private long answered;

    public KillReporter(int count) => instances = [.. Enumerable.Range(0, count).Select(i => new KillInstance($"kill-{i:000}"))];

    public IReadOnlyList<KillInstance> Instances => instances;

    /// <summary>Batches answered so far.</summary>
    public long Answered => Volatile.Read(ref answered);

    /// <summary>Times that something unanswered was sent again.</summary>
    public long SentAgain { get; private set; }

    /// <summary>Batches not answered yet.</summary>
    public int Pending
    {
        get { lock (gate) return unanswered.Count; }
    }

    /// <summary>Reports until the server is gone, or, once <paramref name="stop"/> is cancelled, until all that was sent is answered.</summary>
    public async Task RunAsync(Reporter.ReporterClient reporter, CancellationToken stop)
    {
        using var stream = reporter.Publish(cancellationToken: CancellationToken.None);
        using var window = new SemaphoreSlim(Window);
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var reading = ReadAsync(stream.ResponseStream, window, broken);
        try
        {
            foreach (var batch in Unanswered())
            {
                await window.WaitAsync(broken.Token);
                await stream.RequestStream.WriteAsync(batch, CancellationToken.None);
                SentAgain++;
            }

            while (true)
            {
                await window.WaitAsync(broken.Token);
                // Not cancelled: that would cancel the call, and the answers with it.
                await stream.RequestStream.WriteAsync(Next(), CancellationToken.None);
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or InvalidOperationException)
        {
            // The server is gone, or this is to stop.
        }

        if (stop.IsCancellationRequested && !reading.IsCompleted) await stream.RequestStream.CompleteAsync();
        await reading;
    }

    private PublishRequest[] Unanswered()
    {
        lock (gate) return [.. unanswered.OrderBy(entry => entry.Key).Select(entry => entry.Value.Batch)];
    }

    private PublishRequest Next()
    {
        var instance = instances[Random.Shared.Next(instances.Length)];
        var batch = instance.NextBatch(++lastId);
        lock (gate) unanswered.Add(lastId, (instance, batch));
        return batch;
    }

    private async Task ReadAsync(IAsyncStreamReader<PublishAnswers> answers, SemaphoreSlim window, CancellationTokenSource broken)
    {
        try
        {
            while (await answers.MoveNext(CancellationToken.None))
            {
                foreach (var answer in answers.Current.Answers)
                {
                    Assert.Equal(0u, answer.Rejected);
                    lock (gate)
                    {
                        Assert.True(unanswered.Remove(answer.Id, out var sent), string.Create(CultureInfo.InvariantCulture, $"Batch {answer.Id} was answered twice, or never sent."));
                        sent.Instance.Acknowledge(sent.Batch);
                    }

                    Interlocked.Increment(ref answered);
                }

                window.Release(answers.Current.Answers.Count);
            }
        }
        catch (RpcException)
        {
            // The server is gone.
        }
        finally
        {
            await broken.CancelAsync();
        }
    }
}
