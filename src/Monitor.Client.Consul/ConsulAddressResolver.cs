using Microsoft.Extensions.Logging;
using Monitor.Consul.Http;
using Monitor.Consul.Resolver;

namespace Monitor.Client.Consul;

/// <summary>
/// The servers that are healthy by Consul, in random order, followed from the first that are known. A list holds while Consul is away, and while it knows of
/// none: an agent that has just begun anew says so until they have registered again.
/// </summary>
internal sealed class ConsulAddressResolver(Uri address, ConsulTarget target, TimeProvider time, ILogger logger) : AddressResolver, IDisposable
{
    private readonly Lock gate = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly ConsulClient consul = new(target.Options, time);
    private IReadOnlyList<Uri> last = [];
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? watching;

    public override async ValueTask<IReadOnlyList<Uri>> ResolveAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (last.Count > 0) return last;
        }

        // Not watched yet: so it is said why there are none.
        var addresses = new ConsulAddresses(consul, target.Service, time, logger);
        var first = await addresses.GetAsync(cancellationToken);
        lock (gate)
        {
            if (last.Count > 0 || first.Count == 0) return last;
            watching ??= WatchAsync(addresses, stopping.Token);
            return last = first;
        }
    }

    public override Task WhenChangedAsync(IReadOnlyList<Uri> known, CancellationToken cancellationToken)
    {
        lock (gate) return ReferenceEquals(known, last) ? changed.Task.WaitAsync(cancellationToken) : Task.CompletedTask;
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (stopping.IsCancellationRequested) return;
            stopping.Cancel();

            // What the running query uses must outlive it.
            _ = (watching ?? Task.CompletedTask).ContinueWith(_ => consul.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    public override string ToString() => address.OriginalString;

    private async Task WatchAsync(ConsulAddresses addresses, CancellationToken cancellationToken)
    {
        // The caller holds the lock.
        await Task.Yield();
        try
        {
            await foreach (var list in addresses.WatchAsync(cancellationToken))
            {
                if (list.Count > 0) Follow([.. list]);
                else Log.NoServer(logger, addresses.Service, address);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Disposed.
        }
    }

    private void Follow(Uri[] addresses)
    {
        Random.Shared.Shuffle(addresses);
        lock (gate)
        {
            if (last.ToHashSet().SetEquals(addresses)) return;
            last = addresses;
            changed.SetResult();
            changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        Log.Servers(logger, addresses.Length, address);
    }
}
