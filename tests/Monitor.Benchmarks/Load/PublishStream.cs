using System.Buffers;
using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Monitor.Protocol;
using Monitor.Testing.Processes;

namespace Monitor.Benchmarks.Load;

/// <summary>
/// One connection with one bidirectional stream, on which its share of the fleet reports in turn. A bounded window of publishes is unanswered.
/// </summary>
internal sealed class PublishStream : IDisposable
{
    // The message is the stream itself, which encodes the instance whose turn it is where gRPC wants the bytes, without objects: the generator shares
    // its cores with what it measures.
    private static readonly Method<PublishStream, PublishAnswers> Method = new(
        MethodType.DuplexStreaming,
        "go.micro.srv.monitor.Reporter",
        "Publish",
        Marshallers.Create<PublishStream>(static (stream, context) => stream.Encode(context), static _ => throw new NotSupportedException()),
        Marshallers.Create<PublishAnswers>(static (_, _) => throw new NotSupportedException(), static context => PublishAnswers.Parser.ParseFrom(context.PayloadAsReadOnlySequence())));

    private static readonly WriteOptions Hint = new(WriteFlags.BufferHint);
    private static readonly WriteOptions Flush = new();

    // Frames are flushed together where that many publishes are ready at once.
    private const int FlushEvery = 8;

    private readonly LoadOptions options;
    private readonly Fleet fleet;
    private readonly GrpcChannel channel;
    private readonly int[] instances;
    private readonly byte[] buffer;
    private readonly SemaphoreSlim window;
    private readonly AsyncDuplexStreamingCall<PublishStream, PublishAnswers> call;
    private readonly Task answers;
    private ulong sent;
    private long answered;
    private int next;
    private int turn;

    public PublishStream(LoadOptions options, Fleet fleet, Uri server, int connection)
    {
        this.options = options;
        this.fleet = fleet;
        instances = [.. Enumerable.Range(0, options.Instances).Where(i => i % options.Connections == connection)];
        buffer = new byte[fleet.MaxBatchBytes];
        window = new(options.Window);
        channel = SiloProcess.ChannelTo(server);
        call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(Method, null, default);
        answers = ReadAnswersAsync();
    }

    /// <summary>Reports that the server answered as taken.</summary>
    public long Acknowledged => Volatile.Read(ref answered) * options.Checks;

    /// <summary>Publishes every instance of this stream once.</summary>
    public async Task PublishOnceAsync()
    {
        for (var i = 0; i < instances.Length; i++) await PublishAsync(instances[i], flush: i == instances.Length - 1);
    }

    /// <summary>Publishes, instance after instance, until it is cancelled; then all that was begun is sent, not yet answered.</summary>
    public async Task PublishUntilAsync(CancellationToken stop)
    {
        var perSecond = options.Rate / options.Connections / options.Checks;
        var started = Stopwatch.GetTimestamp();
        for (long count = 1; ; count++)
        {
            var last = stop.IsCancellationRequested;
            // Timers tick in milliseconds: sleep once for several publishes.
            var ahead = perSecond > 0 ? TimeSpan.FromSeconds(count / perSecond) - Stopwatch.GetElapsedTime(started) : TimeSpan.Zero;
            var sleep = ahead > TimeSpan.FromMilliseconds(2);
            await PublishAsync(instances[next], flush: last || sleep || count % FlushEvery == 0);
            next = (next + 1) % instances.Length;
            if (last) return;
            if (sleep) await Task.Delay(ahead, TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>Waits until everything sent is answered.</summary>
    public async Task DrainAsync()
    {
        for (var i = 0; i < options.Window; i++) await AcquireAsync();
        window.Release(options.Window);
    }

    public void Dispose()
    {
        call.Dispose();
        channel.Dispose();
        window.Dispose();
    }

    private async ValueTask PublishAsync(int instance, bool flush)
    {
        await AcquireAsync();
        turn = instance;
        // Nothing may stay unsent while this waits for an answer.
        call.RequestStream.WriteOptions = flush || window.CurrentCount == 0 ? Flush : Hint;
        await call.RequestStream.WriteAsync(this, CancellationToken.None);
    }

    private Task AcquireAsync()
    {
        var acquired = window.WaitAsync();
        return acquired.IsCompleted ? acquired : WaitAsync();

        // A stream that broke answers nothing more: say so instead of waiting.
        async Task WaitAsync()
        {
            if (await Task.WhenAny(acquired, answers) == answers) await answers;
            await acquired;
        }
    }

    private void Encode(SerializationContext context)
    {
        var batch = fleet.Tick(turn, ++sent, buffer);
        context.SetPayloadLength(batch.Length);
        context.GetBufferWriter().Write(batch);
        context.Complete();
    }

    private async Task ReadAnswersAsync()
    {
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            var some = call.ResponseStream.Current.Answers;
            foreach (var answer in some)
            {
                if (answer.Rejected > 0) throw new InvalidOperationException($"The server rejected a report of the load: {answer.Outcomes[0]}");
            }

            Interlocked.Add(ref answered, some.Count);
            window.Release(some.Count);
        }

        throw new InvalidOperationException("The server ended the stream.");
    }
}
