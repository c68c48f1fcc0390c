namespace Monitor.Client.Internal;

/// <summary>Epochs: Unix milliseconds, and never the same twice within a process.</summary>
internal static class Epoch
{
    private static long last;

    public static ulong Next(TimeProvider time)
    {
        while (true)
        {
            var before = Volatile.Read(ref last);
            var next = Math.Max(before + 1, time.GetUtcNow().ToUnixTimeMilliseconds());
            if (Interlocked.CompareExchange(ref last, next, before) == before) return (ulong)next;
        }
    }
}
