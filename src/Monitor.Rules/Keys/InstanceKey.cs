namespace Monitor.Rules.Keys;

/// <summary>
/// A service instance: service name and instance id. As a string, <c>service/id</c> with <c>~</c> and <c>/</c> in the service name written
/// <c>~0</c> and <c>~1</c>, so that the first slash divides them.
/// </summary>
public readonly record struct InstanceKey(string Service, string Instance) : IComparable<InstanceKey>
{
    public static InstanceKey Parse(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0) throw new FormatException($"'{key}' is no instance key: it has no '/'.");
        var service = key[..slash];
        if (service.Contains('~', StringComparison.Ordinal))
            service = service.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
        return new(service, key[(slash + 1)..]);
    }

    public override string ToString()
    {
        var service = Service;
        if (service.AsSpan().IndexOfAny('~', '/') >= 0)
            service = service.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
        return string.Concat(service, "/", Instance);
    }

    /// <summary>The order of every list: service name, then instance id, ordinal.</summary>
    public int CompareTo(InstanceKey other)
    {
        var byService = string.CompareOrdinal(Service, other.Service);
        return byService != 0 ? byService : string.CompareOrdinal(Instance, other.Instance);
    }

    public static bool operator <(InstanceKey left, InstanceKey right) => left.CompareTo(right) < 0;

    public static bool operator >(InstanceKey left, InstanceKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(InstanceKey left, InstanceKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(InstanceKey left, InstanceKey right) => left.CompareTo(right) >= 0;
}
