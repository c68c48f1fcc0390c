namespace Monitor.Client.Delivery;

/// <summary>Lets one through in a while, with the number held back since. Not thread-safe.</summary>
internal sealed class Sparing(TimeProvider time, TimeSpan period)
{
    private long? last;
    private int held;

    public bool Allow(out int since)
    {
        since = held;
        if (last is { } then && time.GetElapsedTime(then) < period)
        {
            held++;
            return false;
        }

        last = time.GetTimestamp();
        held = 0;
        return true;
    }
}
