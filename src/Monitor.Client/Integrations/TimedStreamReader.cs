using Grpc.Core;

namespace Monitor.Client.Integrations;

/// <summary>Ends the timing of a call when its response stream ends.</summary>
internal sealed class TimedStreamReader<T>(IAsyncStreamReader<T> inner, CallTimer timer) : IAsyncStreamReader<T>
{
    public T Current => inner.Current;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        try
        {
            if (await inner.MoveNext(cancellationToken)) return true;
            timer.Ended(StatusCode.OK);
            return false;
        }
        catch (Exception exception)
        {
            timer.Failed(exception);
            throw;
        }
    }
}
