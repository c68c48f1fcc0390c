using System.Diagnostics;

namespace Monitor.Benchmarks.Load;

/// <summary>All streams of the load.</summary>
internal sealed class Publishers : IDisposable
{
    private readonly PublishStream[] streams;
    private readonly Visibility visibility;

    public Publishers(LoadOptions options, Target target)
    {
        Fleet = new(options, TimeProvider.System);
        streams = [.. Enumerable.Range(0, options.Connections).Select(i => new PublishStream(options, Fleet, target.Addresses[i % target.Addresses.Count], i))];
        visibility = new(options, Fleet, target.Queries);
    }

    public Fleet Fleet { get; }

    /// <summary>Reports that were answered as taken.</summary>
    public long Acknowledged => streams.Sum(stream => stream.Acknowledged);

    /// <summary>Every instance reports once; then waits until that is visible.</summary>
    public async Task PublishOnceAsync()
    {
        await Task.WhenAll(streams.Select(stream => stream.PublishOnceAsync()));
        await SettleAsync();
    }

    /// <summary>Publishes for a time, then waits until all is answered and visible. Answers how long it took until all was answered.</summary>
    public async Task<TimeSpan> PublishForAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(duration);
        await Task.WhenAll(streams.Select(stream => stream.PublishUntilAsync(stop.Token)));
        cancellationToken.ThrowIfCancellationRequested();
        await Task.WhenAll(streams.Select(stream => stream.DrainAsync()));
        var answered = Stopwatch.GetElapsedTime(started);
        await visibility.UntilLatestAsync();
        return answered;
    }

    /// <summary>Waits until all is answered and visible.</summary>
    public async Task SettleAsync()
    {
        await Task.WhenAll(streams.Select(stream => stream.DrainAsync()));
        await visibility.UntilLatestAsync();
    }

    public void Dispose() => Array.ForEach(streams, stream => stream.Dispose());
}
