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

    private void Hear(int topic, int partition, long head)
    {
        if (topic is 1 or 2 && partition >= 0 && partition < heads[topic - 1].Length) heads[topic - 1][partition].Hear(head);
    }

    /// <summary>The heads that the server has answered so far, by topic and partition. What it answers to a later question is no lower.</summary>
    public long[][] Found() => [.. heads.Select(all => Array.ConvertAll(all, head => head.Found))];

    /// <summary>The last record of each partition that this process has written or read; of those of which it has any.</summary>
    public IEnumerable<(Topic Topic, int Partition, SeenRecord Record)> Seen() =>
        from topic in new[] { Topic.Reports, Topic.Events }
        from partition in Enumerable.Range(0, heads[0].Length)
        let seen = this[topic, partition].Seen
        where seen is not null
        select (topic, partition, seen);

    public void Close(Exception reason)
    {
        foreach (var head in heads.SelectMany(all => all)) head.Close(reason);
    }
}
