namespace Monitor.Rules.Keys;

/// <summary>
/// Lets equal strings share memory: healthcheck ids, service names, instance ids, each held by many grains. Best effort and of fixed size: a slot that is taken is
/// taken over. Thread-safe.
/// </summary>
public sealed class StringPool(int slots = 1 << 18)
{
    private readonly string?[] pool = new string?[slots];

    /// <summary>An equal string, the same one each time as far as there is room.</summary>
    public string Intern(string text)
    {
        if (text.Length == 0) return "";
        ref var slot = ref pool[(uint)text.GetHashCode(StringComparison.Ordinal) % (uint)pool.Length];
        var known = slot;
        if (known is not null && known == text) return known;
        slot = text;
        return text;
    }
}
