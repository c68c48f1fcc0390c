namespace Monitor.Gateway.Ingest;

/// <summary>What one stream has on its way to the journal. One reader enters and waits for room, one writer leaves.</summary>
internal sealed class InFlightWindow(long maxBytes, int maxBatches, IngestAdmission admission)
{
    private readonly Lock gate = new();
    private long bytes;
    private int batches;
    private bool closed;
    private TaskCompletionSource? room;

    /// <summary>Completes when there is room for more, which normally there is.</summary>
    public Task RoomAsync()
    {
        lock (gate)
        {
            if (!Full) return Task.CompletedTask;
            room ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return room.Task;
        }
    }

    /// <exception cref="Grpc.Core.RpcException">All streams together have too much on its way.</exception>
    public void Enter(int size)
    {
        admission.Enter(size);
        lock (gate)
        {
            bytes += size;
            batches++;
        }
    }

    /// <summary>A batch is answered, or will not be: it counts for all streams until it is in the journal, or cannot be.</summary>
    public void Leave(int size, Task appended)
    {
        TaskCompletionSource? waiting = null;
        lock (gate)
        {
            bytes -= size;
            batches--;
            if (!Full) (waiting, room) = (room, null);
        }
        admission.LeaveAfter(appended, size);
        waiting?.SetResult();
    }

    /// <summary>The stream has ended: who waits for room is not kept.</summary>
    public void Close()
    {
        TaskCompletionSource? waiting;
        lock (gate)
        {
            closed = true;
            (waiting, room) = (room, null);
        }
        waiting?.SetResult();
    }

    private bool Full => !closed && (bytes >= maxBytes || batches >= maxBatches);
}
