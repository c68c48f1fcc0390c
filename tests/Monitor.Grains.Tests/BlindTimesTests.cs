using System.Reflection;
using Microsoft.Extensions.Time.Testing;
using Monitor.Grains.Staleness;
using Monitor.Protocol;
using Monitor.Rules.Staleness;
using Monitor.Testing;

namespace Monitor.Grains.Tests;

/// <summary>The blind times of a partition whose grain is on another silo.</summary>
public sealed class BlindTimesTests
{
    private readonly FakeTimeProvider clock = new(DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000));
    private readonly OtherSilo other = new();
    private readonly BlindTimes times;

    public BlindTimesTests()
    {
        // Proxies, as a class that is a grain's would be one to the silos of other tests.
        var partition = DispatchProxy.Create<IBlindness, Proxy>();
        ((Proxy)(object)partition).Answer = () => other.Blind();
        var factory = DispatchProxy.Create<IGrainFactory, Proxy>();
        ((Proxy)(object)factory).Answer = () => partition;
        times = new(factory, clock);
    }

    [Fact]
    public async Task Of_AWindowThatThePartitionKnows_IsNeverAnsweredWithoutIt()
    {
        Assert.True((await times.Of(3)).IsEmpty);
        other.Windows = BlindWindows.None.With(1_000, 9_000);

        // What is known serves a look for some seconds, but not where the partition knows more.
        Assert.True((await times.Of(3)).IsEmpty);
        Assert.Equal(9_000, (await times.Of(3, 9_000)).UntilMs);
        Assert.Equal(2, other.Asked);
        Assert.Equal(9_000, (await times.Of(3, 9_000)).UntilMs);
        Assert.Equal(9_000, (await times.Of(3)).UntilMs);
        Assert.Equal(2, other.Asked);
    }

    [Fact]
    public async Task Now_WhileThePartitionCannotBeAsked_IsBlindSinceItLastAnswered()
    {
        var answered = NowMs;
        await times.NowAsync(3);
        other.Failure = new TimeoutException();
        clock.Advance(TimeSpan.FromSeconds(30));
        var window = Assert.Single((await times.NowAsync(3)).ToMessages());
        Assert.Equal((answered, NowMs), (window.FromMs, window.ToMs));

        other.Failure = null;
        Assert.True((await times.NowAsync(3)).IsEmpty);
    }

    [Fact]
    public async Task Now_AskedByMany_IsSharedByThoseWhoAskedBefore()
    {
        var gate = other.Gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = times.NowAsync(3).AsTask();
        await Eventually.UntilAsync("the first is asked", () => other.Asked == 1);

        // They may have seen what the first answer does not know.
        var late = Enumerable.Range(0, 100).Select(_ => times.NowAsync(3).AsTask()).ToArray();
        other.Windows = BlindWindows.None.With(1_000, 9_000);
        other.Gate = null;
        gate.SetResult();
        await first;
        Assert.All(await Task.WhenAll(late), windows => Assert.Equal(9_000, windows.UntilMs));
        Assert.Equal(2, other.Asked);
    }

    [Fact]
    public async Task Of_APartitionHere_IsReadFromIt_UntilItNoLongerLooks()
    {
        var sight = new Sight(BlindWindows.None, NowMs - 5_000, NowMs, TimeSpan.FromSeconds(2));
        times.Tell(3, sight);
        Assert.Equal(NowMs, (await times.NowAsync(3)).UntilMs);
        Assert.Equal(0, other.Asked);
        clock.Advance(TimeSpan.FromSeconds(3));
        await times.NowAsync(3);
        Assert.Equal(1, other.Asked);
        sight.Look(NowMs);
        Assert.Equal(NowMs, (await times.NowAsync(3)).UntilMs);
        Assert.Equal(1, other.Asked);

        // Another activation has told since: the one that goes does not take its place away.
        var next = new Sight(BlindWindows.None, 0, NowMs, TimeSpan.FromSeconds(2));
        times.Tell(3, next);
        times.Forget(3, sight);
        Assert.True((await times.NowAsync(3)).IsEmpty);
        Assert.Equal(1, other.Asked);
    }

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    public class Proxy : DispatchProxy
    {
        public Func<object> Answer { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Answer();
    }

    private sealed class OtherSilo
    {
        private int asked;

        public int Asked => Volatile.Read(ref asked);

        public BlindWindows Windows { get; set; } = BlindWindows.None;

        public Exception? Failure { get; set; }

        public TaskCompletionSource? Gate { get; set; }

        public async Task<BlindWindow[]> Blind()
        {
            var windows = Windows;
            Interlocked.Increment(ref asked);
            if (Gate is { } gate) await gate.Task;
            return Failure is { } failure ? throw failure : [.. windows.ToMessages()];
        }
    }
}
