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
            if (closed)
            {
                admission.Leave(size);
                return;
            }
            bytes += size;
            batches++;
        }
    }

    public void Leave(int size)
    {
        TaskCompletionSource? waiting = null;
        lock (gate)
        {
            if (closed) return;
            bytes -= size;
            batches--;
            if (!Full) (waiting, room) = (room, null);
        }
        admission.Leave(size);
        waiting?.SetResult();
    }

    /// <summary>The stream has ended: what it had on its way is no longer counted.</summary>
    public void Close()
    {
        TaskCompletionSource? waiting;
        long left;
        lock (gate)
        {
            closed = true;
            (left, bytes) = (bytes, 0);
            (waiting, room) = (room, null);
        }
        admission.Leave(left);
        waiting?.SetResult();
    }

    private bool Full => !closed && (bytes >= maxBytes || batches >= maxBatches);
}
