using System.Net;
using System.Reflection;
using Microsoft.Extensions.Time.Testing;
using Monitor.Journal;
using Monitor.Silo.Cluster;
using Orleans;
using Orleans.Runtime;

namespace Monitor.Silo.Tests.Cluster;

public sealed class BeatWatchTests
{
    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Old = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(6);

    private readonly FakeTimeProvider time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));
    private readonly List<MembershipEntry> rows = [];
    private long beatMs;
    private int waits;

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    [Fact]
    public async Task Beats_WithoutASiloInTheTable_AreAnothersJournal() => Assert.True(await RunAsync(beats: true));

    [Fact]
    public async Task Beats_OfAClockThatIsBehind_AreAnothersJournal()
    {
        beatMs = NowMs + 20_000;
        Assert.True(await RunAsync(_ => beatMs = NowMs - 20_000));
    }

    [Fact]
    public async Task Beats_ThatHaveEnded_AreNobodysAfterTheWatch()
    {
        beatMs = NowMs - 1000;
        Assert.False(await RunAsync());
        Assert.Equal(1, waits);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(61_000)]
    public async Task Beats_ThatNeverWereOrAreOld_AreNobodysAtOnce(long ageMs)
    {
        beatMs = ageMs == 0 ? 0 : NowMs - ageMs;
        Assert.False(await RunAsync());
        Assert.Equal(0, waits);
    }

    [Theory]
    [InlineData(SiloStatus.Active)]
    [InlineData(SiloStatus.Joining)]
    [InlineData(SiloStatus.ShuttingDown)]
    public async Task Table_WithALiveSilo_IsJoinedAtOnce(SiloStatus status)
    {
        Row(status, TimeSpan.FromSeconds(14));
        Assert.False(await RunAsync(beats: true));
        Assert.Equal(0, waits);
    }

    [Theory]
    [InlineData(SiloStatus.Dead, 1)]
    [InlineData(SiloStatus.Active, 16)]
    public async Task Table_OfTheDeadOnly_DoesNotExplainBeats(SiloStatus status, int age)
    {
        Row(status, TimeSpan.FromSeconds(age));
        Assert.True(await RunAsync(beats: true));
    }

    [Fact]
    public async Task Table_ThatASiloJoinsMeanwhile_IsJoined()
    {
        beatMs = NowMs;
        Assert.False(await RunAsync(second =>
        {
            beatMs = NowMs;
            if (second == 3) Row(SiloStatus.Joining, TimeSpan.Zero);
        }));
        Assert.Equal(1, waits);
    }

    [Fact]
    public async Task Table_WithASiloWhoseClockIsBehind_IsJoinedOnceItsRowChanges()
    {
        var row = Row(SiloStatus.Active, TimeSpan.FromMinutes(1));
        Assert.False(await RunAsync(second =>
        {
            beatMs = NowMs;
            if (second == 5) row.IAmAliveTime += TimeSpan.FromSeconds(5);
        }));
    }

    [Fact]
    public async Task Stop_WhileItWatches_EndsIt()
    {
        beatMs = NowMs;
        using var stop = new CancellationTokenSource();
        var taken = Decision().IsTakenAsync(() => waits++, stop.Token);
        Assert.False(taken.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taken);
    }

    private Task<bool> RunAsync(bool beats)
    {
        beatMs = NowMs;
        return RunAsync(_ => beatMs = beats ? NowMs : beatMs);
    }

    // The fakes answer at once: between two advances all that is due has run.
    private async Task<bool> RunAsync(Action<int>? each = null)
    {
        var taken = Decision().IsTakenAsync(() => waits++, TestContext.Current.CancellationToken);
        for (var second = 1; second <= Watch.TotalSeconds && !taken.IsCompleted; second++)
        {
            each?.Invoke(second);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        return await taken.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    private BeatWatch Decision() => new(
        new(Fake.Of<IMembershipTable>(nameof(IMembershipTable.ReadAllAsync), () => Task.FromResult(new MembershipTableData(
            [.. rows.Select(row => Tuple.Create(row, "1"))], new TableVersion(1, "1")))), Recent, time),
        Fake.Of<IJournal>(nameof(IJournal.LatestBeatAsync), () => new ValueTask<long>(beatMs)), Old, Watch, time);

    private MembershipEntry Row(SiloStatus status, TimeSpan age)
    {
        var at = time.GetUtcNow().UtcDateTime - age;
        var row = new MembershipEntry { SiloAddress = SiloAddress.New(IPAddress.Loopback, 1, rows.Count + 1), Status = status, StartTime = at, IAmAliveTime = at };
        rows.Add(row);
        return row;
    }
}

/// <summary>One method of an interface; the others are not to be called.</summary>
public class Fake : DispatchProxy
{
    private string method = "";
    private Func<object> answer = () => new();

    public static T Of<T>(string method, Func<object> answer) where T : class
    {
        var fake = Create<T, Fake>();
        (((Fake)(object)fake).method, ((Fake)(object)fake).answer) = (method, answer);
        return fake;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod?.Name == method ? answer() : throw new NotSupportedException(targetMethod?.Name);
}
