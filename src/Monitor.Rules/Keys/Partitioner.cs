using System.IO.Hashing;
using System.Text;

namespace Monitor.Rules.Keys;

/// <summary>Which partition a key belongs to. The answer for a key and a number of partitions never changes: journals depend on it.</summary>
public static class Partitioner
{
    /// <summary>
    /// Of an instance: by its id alone, so that a query by instance id asks one partition whatever the service is.
    /// </summary>
    public static int OfInstance(string instance, int partitions) => Of(instance, partitions);

    /// <inheritdoc cref="OfInstance(string, int)"/>
    public static int OfInstance(ReadOnlySpan<byte> instanceUtf8, int partitions) => (int)(XxHash3.HashToUInt64(instanceUtf8) % (uint)partitions);

    /// <summary>Of the healthcheck or service that an event concerns.</summary>
    public static int OfEvent(EventKey key, int partitions) => Of(key.ToString(), partitions);

    private static int Of(string key, int partitions)
    {
        Span<byte> utf8 = stackalloc byte[1024];
        var bytes = Encoding.UTF8.TryGetBytes(key, utf8, out var written) ? utf8[..written] : Encoding.UTF8.GetBytes(key);
        return OfInstance(bytes, partitions);
    }
}
