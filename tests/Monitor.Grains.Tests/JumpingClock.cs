namespace Monitor.Grains.Tests;

/// <summary>The system's clock and timers, ahead by as much as a test has jumped.</summary>
internal sealed class JumpingClock : TimeProvider
{
    private long aheadTicks;
    private long stoppedTicks;

    public long NowMs => GetUtcNow().ToUnixTimeMilliseconds();

    public void Jump(TimeSpan by) => Interlocked.Add(ref aheadTicks, by.Ticks);

    /// <summary>From now on the time of day moves by jumps alone.</summary>
    public void Stop() => Interlocked.Exchange(ref stoppedTicks, System.GetUtcNow().UtcTicks);

    public override DateTimeOffset GetUtcNow()
    {
        var stopped = Interlocked.Read(ref stoppedTicks);
        return new DateTimeOffset(stopped > 0 ? stopped : System.GetUtcNow().UtcTicks, TimeSpan.Zero) + TimeSpan.FromTicks(Interlocked.Read(ref aheadTicks));
    }

    public override long TimestampFrequency => System.TimestampFrequency;

    public override long GetTimestamp() =>
        System.GetTimestamp() + (long)(Interlocked.Read(ref aheadTicks) * ((double)System.TimestampFrequency / TimeSpan.TicksPerSecond));
}
