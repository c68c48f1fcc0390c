using System.Security.Cryptography;

namespace Monitor.Gateway.GoMicro.Nats;

/// <summary>The names under which gateways share what comes.</summary>
/// <param name="Group">Queue of subscriptions without JetStream; null: this gateway gets all.</param>
/// <param name="Durable">What the names of JetStream's consumers begin with.</param>
internal sealed record NatsQueue(string? Group, string Durable)
{
    // The server allows 255, of which the topic takes some.
    private const int MaxLength = 200;

    /// <param name="queue">The queue of the cluster; empty: each gateway gets all.</param>
    /// <param name="gateway">Names the gateway, the same after a restart.</param>
    public static NatsQueue Of(string queue, string gateway) => queue.Length == 0
        ? new(null, $"monitor-{Hash(gateway)}")
        // What no queue's name may hold: white space, and what is not ASCII to be safe.
        : new(queue.All(static c => c is > ' ' and <= '~') ? queue : NameOf(queue), NameOf(queue));

    /// <summary>A consumer has no dots in its name. Queues that would be the same without what is replaced are told by a hash.</summary>
    private static string NameOf(string queue)
    {
        var name = string.Concat(queue.Select(static c => char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '_'));
        return name.Length <= MaxLength && queue.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.') ? name : $"{name[..Math.Min(name.Length, MaxLength)]}-{Hash(queue)}";
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));
}
