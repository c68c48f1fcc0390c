using System.Threading.Channels;
using Google.Protobuf;
using Monitor.Client.Internal;
using Monitor.Protocol;

namespace Monitor.Client.Delivery;

/// <summary>
/// The batches that are not answered yet, in order, within a bound of bytes. Any number may add; one connection at a time takes.
/// </summary>
internal sealed class Outbox(Service service, ulong epoch, int limit)
{
    // Enough to fill a connection, few enough to spare a server that has just come back.
    private const int Window = 64;

    private readonly Lock gate = new();
    private readonly LinkedList<Batch> batches = new();
    private readonly List<(ulong Id, TaskCompletionSource Gone)> waiters = [];
    private readonly Channel<bool> work = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private bool closed;
    private ulong lastId;
    private ulong lastSequence;
    private ulong oneByOneUntil;
    private ulong untold;
    private long size;
    private int inFlight;
    private long accepted;
    private long duplicate;
    private long late;
    private long rejected;
    private long lost;
    private long resent;

    public ReporterCounters Counters
    {
        get
        {
            lock (gate) return new ReporterCounters(accepted, duplicate, late, rejected, lost, resent);
        }
    }

    public bool IsEmpty
    {
        get
        {
            lock (gate) return batches.Count == 0;
        }
    }

    public bool HasInFlight
    {
        get
        {
            lock (gate) return inFlight > 0;
        }
    }

    /// <summary>Numbers the reports and adds them as one batch, or as several where one would be over the server's limits.</summary>
    /// <returns>Reports dropped to make room.</returns>
    public long Add(IReadOnlyList<Report> reports)
    {
        if (reports.Count == 0) return 0;
        long dropped = 0;
        lock (gate)
        {
            var request = Request();
            var bytes = 0;
            foreach (var report in reports)
            {
                report.Sequence = ++lastSequence;
                var length = report.CalculateSize();
                if (request.Reports.Count > 0 && (request.Reports.Count == Limits.BatchReports || bytes + length > Limits.BatchBytes))
                {
                    dropped += Add(request);
                    request = Request();
                    bytes = 0;
                }

                request.Reports.Add(report);
                bytes += length;
            }

            dropped += Add(request);
        }

        Wake();
        return dropped;
    }

    /// <summary>The next batch to send, or null where there is none now: await <see cref="WaitAsync"/>.</summary>
    public Frame? Take()
    {
        lock (gate)
        {
            if (batches.First is not { } first || inFlight >= (first.Value.Id <= oneByOneUntil ? 1 : Window)) return null;

            // What is in flight is a prefix of the list, at most a window long.
            var node = first;
            while (node is { Value.InFlight: true }) node = node.Next;
            if (node is null) return null;
            var batch = node.Value;
            var again = batch.WasSent;
            if (again) resent += batch.Reports;
            else (batch.Lost, untold) = (batch.Lost + untold, 0);
            batch.WasSent = batch.InFlight = true;
            inFlight++;
            return new Frame(batch.Payload, batch.Lost, again);
        }
    }

    /// <summary>Completes when there may be something to take, or to stop for.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken) => await work.Reader.ReadAsync(cancellationToken);

    public void Wake() => work.Writer.TryWrite(true);

    /// <summary>A new connection: nothing is in flight, all is to be sent again, from the first.</summary>
    public void Rewind()
    {
        lock (gate)
        {
            foreach (var batch in batches) batch.InFlight = false;
            inFlight = 0;
        }
    }

    /// <summary>Takes an answer; it need not be that of the first batch.</summary>
    /// <returns>False where no such batch is waiting.</returns>
    public bool Answer(PublishResponse answer)
    {
        lock (gate)
        {
            var node = batches.First;
            while (node is { Value.InFlight: true } && node.Value.Id != answer.Id) node = node.Next;
            if (node is not { Value.InFlight: true }) return false;
            accepted += answer.Accepted;
            duplicate += answer.Duplicate;
            late += answer.Late;
            rejected += answer.Rejected;
            Remove(node);
        }

        Wake();
        return true;
    }

    /// <summary>
    /// The server ended the stream because of a batch. If only one was in flight it was that one: it is dropped, and its size returned. Otherwise those
    /// in flight will go one by one, to find it.
    /// </summary>
    public int? Refused()
    {
        lock (gate)
        {
            if (batches.First is not { Value.InFlight: true } first) return null;
            if (inFlight == 1)
            {
                rejected += first.Value.Reports;
                untold += first.Value.Lost;
                Remove(first);
                return first.Value.Reports;
            }

            for (var node = first; node is { Value.InFlight: true }; node = node.Next) oneByOneUntil = node.Value.Id;
            return null;
        }
    }

    /// <summary>Completes when every batch added so far has been answered or dropped.</summary>
    public Task WhenGoneAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (batches.Count == 0 || closed) return Task.CompletedTask;
            var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiters.Add((lastId, gone));
            return gone.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Nothing is delivered any more: nobody need wait for it.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            foreach (var (_, gone) in waiters) gone.TrySetResult();
            waiters.Clear();
        }
    }

    private PublishRequest Request() => new() { Id = ++lastId, Service = service, Epoch = epoch };

    private long Add(PublishRequest request)
    {
        var batch = new Batch(request.Id, request.ToByteArray(), request.Reports.Count);
        batches.AddLast(batch);
        size += batch.Size;
        long dropped = 0;
        while (size > limit && batches.First is { } oldest)
        {
            dropped += oldest.Value.Reports;
            untold += oldest.Value.Lost + (ulong)oldest.Value.Reports;
            Remove(oldest);
        }

        lost += dropped;
        return dropped;
    }

    private void Remove(LinkedListNode<Batch> node)
    {
        if (node.Value.InFlight) inFlight--;
        size -= node.Value.Size;
        batches.Remove(node);
        if (waiters.Count == 0) return;
        var first = batches.First?.Value.Id ?? ulong.MaxValue;
        foreach (var (id, gone) in waiters)
        {
            if (id < first) gone.TrySetResult();
        }

        waiters.RemoveAll(waiter => waiter.Gone.Task.IsCompleted);
    }
}
