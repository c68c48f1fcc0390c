using System.Globalization;
using System.Text;
using Monitor.Protocol;

namespace Monitor.Cli.Tables;

/// <summary>Values as people read them in a cell.</summary>
internal static class Text
{
    public const string Nothing = "-";

    /// <summary>What reporters send must neither break a line nor steer the terminal.</summary>
    public static string OneLine(string text)
    {
        if (!text.Any(IsHarmful))
            return text;
        var line = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (!IsHarmful(c))
                line.Append(c);
            else if (line.Length > 0 && line[^1] != ' ')
                line.Append(' ');
        }

        return line.ToString().TrimEnd();

        static bool IsHarmful(char c) => char.GetUnicodeCategory(c)
            is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
    }

    public static string Service(Service? service) => service switch
    {
        null or { Name: "" } => Nothing,
        { Version: "" } => service.Name,
        _ => $"{service.Name}@{service.Version}",
    };

    public static string Instance(Service? service) => service switch
    {
        null => Nothing,
        { Id: not "" } => service.Id,
        { Nodes.Count: > 0 } => Instances(service),
        _ => Nothing,
    };

    /// <summary>The first few; a service may have a hundred thousand.</summary>
    public static string Instances(Service service)
    {
        const int Shown = 3;
        var names = string.Join(", ", service.Nodes.Take(Shown).Select(node => node.Id));
        return service.Nodes.Count <= Shown ? names : string.Create(CultureInfo.InvariantCulture, $"{names} and {service.Nodes.Count - Shown} more");
    }

    public static string Age(long unixSeconds, DateTimeOffset now)
    {
        if (unixSeconds <= 0)
            return Nothing;
        var seconds = now.ToUnixTimeSeconds() - unixSeconds;
        return seconds < 0 ? $"in {Rough(-seconds)}" : $"{Rough(seconds)} ago";
    }

    public static string Time(long unixMilliseconds) => unixMilliseconds <= 0 || unixMilliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
        ? Nothing
        : DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static string Nanoseconds(double nanoseconds) => nanoseconds switch
    {
        0 => Nothing,
        < 1e3 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:0}ns"),
        < 1e6 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e3:0.#}µs"),
        < 1e9 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:0.#}ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e9:0.##}s"),
    };

    public static string Bytes(double bytes) => bytes switch
    {
        0 => Nothing,
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 10):0.#} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 20):0.#} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 30):0.##} GiB"),
    };

    public static string Number(double number) => string.Create(CultureInfo.InvariantCulture, $"{number}");

    // As coarse as one reads it: 90 s is told in seconds, 90 h in days.
    private static string Rough(long seconds) => seconds switch
    {
        < 120 => string.Create(CultureInfo.InvariantCulture, $"{seconds}s"),
        < 120 * 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60}m"),
        < 48 * 3600 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600}h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86400}d"),
    };
}
