namespace Monitor.Rules.Keys;

/// <summary>What an event concerns: a healthcheck id or a service name. As a string, <c>check:id</c> or <c>service:name</c>.</summary>
public readonly record struct EventKey(bool IsCheck, string Name)
{
    private const string CheckPrefix = "check:";
    private const string ServicePrefix = "service:";

    public static EventKey OfCheck(string id) => new(true, id);

    public static EventKey OfService(string name) => new(false, name);

    public static EventKey Parse(string key)
    {
        if (key.StartsWith(CheckPrefix, StringComparison.Ordinal)) return OfCheck(key[CheckPrefix.Length..]);
        if (key.StartsWith(ServicePrefix, StringComparison.Ordinal)) return OfService(key[ServicePrefix.Length..]);
        throw new FormatException($"'{key}' is no event key.");
    }

    public override string ToString() => (IsCheck ? CheckPrefix : ServicePrefix) + Name;
}
