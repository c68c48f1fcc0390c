namespace Monitor.Consul.Membership;

/// <summary>A version of a table, and the index of the write that made it.</summary>
internal readonly record struct StoredVersion(int Version, ulong Index);

/// <summary>
/// The highest version of a table that was seen. Both its number and Consul's index only grow, so one that is lower, or none, means that Consul has lost
/// the table: an agent that keeps its state in memory was restarted, or an old backup was restored. For several threads at once.
/// </summary>
internal sealed class TableVersions
{
    private readonly Lock gate = new();
    private StoredVersion? highest;

    /// <summary>To be taken before a read begins: what is read afterwards may not be behind it.</summary>
    public StoredVersion? Highest
    {
        get { lock (gate) return highest; }
    }

    public static bool IsLost(StoredVersion? before, StoredVersion? read) =>
        before is { } known && (read is not { } now || now.Version < known.Version || now.Index < known.Index);

    public void Saw(StoredVersion version)
    {
        lock (gate)
        {
            if (highest is not { } known || version.Version > known.Version) highest = version;
        }
    }

    public void Forget()
    {
        lock (gate) highest = null;
    }
}
