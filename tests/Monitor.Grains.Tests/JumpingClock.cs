namespace Monitor.Grains.Tests;

/// <summary>The system's clock and timers, ahead by as much as a test has jumped.</summary>
internal sealed class JumpingClock : TimeProvider
{
    private long aheadTicks;

    public long NowMs => GetUtcNow().ToUnixTimeMilliseconds();

    public void Jump(TimeSpan by) => Interlocked.Add(ref aheadTicks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref aheadTicks));

    public override long TimestampFrequency => System.TimestampFrequency;

    public override long GetTimestamp() =>
        System.GetTimestamp() + (long)(Interlocked.Read(ref aheadTicks) * ((double)System.TimestampFrequency / TimeSpan.TicksPerSecond));
}
