namespace Monitor.Journal.Postgres;

/// <summary>The known heads of all partitions.</summary>
internal sealed class Heads
{
    private readonly KnownHead[][] heads;

    public Heads(int partitions) =>
        heads = [.. Enumerable.Range(0, 2).Select(_ => Enumerable.Range(0, partitions).Select(_ => new KnownHead()).ToArray())];

    public KnownHead this[Topic topic, int partition] => heads[(int)topic - 1][partition];

    /// <summary>Takes up a notification: <c>topic:partition:head</c>, with spaces between. What is not that is passed over: any role may notify.</summary>
    public void Hear(ReadOnlySpan<char> notification)
    {
        Span<Range> parts = stackalloc Range[4];
        foreach (var range in notification.Split(' '))
        {
            var told = notification[range];
            if (told.Split(parts, ':') == 3 && int.TryParse(told[parts[0]], out var topic) && int.TryParse(told[parts[1]], out var partition)
                && long.TryParse(told[parts[2]], out var head)) Hear(topic, partition, head);
        }
    }

    public void Hear(int topic, int partition, long head)
    {
        if (topic is 1 or 2 && partition >= 0 && partition < heads[topic - 1].Length) heads[topic - 1][partition].Advance(head);
    }

    public void Close(Exception reason)
    {
        foreach (var head in heads.SelectMany(all => all)) head.Close(reason);
    }
}
