using System.Globalization;
using System.Text.RegularExpressions;

namespace Monitor.Architecture.Tests.Settings;

/// <summary>A row of a table of settings: a key, or a family of keys that ends with <c>*</c>, and its default as it is written.</summary>
internal sealed record SettingsRow(string Key, string Default);

/// <summary>The tables of settings in a page: those whose first column is headed <c>setting</c>.</summary>
internal static partial class SettingsTable
{
    private const string Head = "| setting | default |";

    public static IReadOnlyList<SettingsRow> Read(string page)
    {
        List<SettingsRow> rows = [];
        var inTable = false;
        foreach (var line in File.ReadLines(Path.Combine(House.Root, page)))
        {
            inTable = line.StartsWith(Head, StringComparison.Ordinal) || (inTable && line.StartsWith('|'));
            if (!inTable || !line.StartsWith("| `", StringComparison.Ordinal)) continue;
            var cells = line.Split('|', StringSplitOptions.TrimEntries);
            var keys = Quoted().Matches(cells[1]).Select(match => match.Groups[1].Value).ToList();
            // A row of several has a default for each.
            var defaults = keys.Count == 1 ? [cells[2]] : cells[2].Split(", ");
            rows.AddRange(keys.Select((key, i) => new SettingsRow(key, defaults.Length == keys.Count ? defaults[i] : $"not {keys.Count} defaults: {cells[2]}")));
        }

        return rows;
    }

    /// <summary>Whether a default as it is written is that value. Words where there is no value, as "the agent's", cannot be wrong.</summary>
    public static bool Says(string written, object? value)
    {
        var text = written.Trim('`');
        return value switch
        {
            null or "" => true,
            TimeSpan span => Duration(text) == span,
            long or int when Bytes().Match(text) is { Success: true } mebibytes => Convert.ToInt64(value, CultureInfo.InvariantCulture) == long.Parse(mebibytes.Groups[1].Value, CultureInfo.InvariantCulture) << 20,
            long or int => text.Replace(",", "", StringComparison.Ordinal) == Convert.ToString(value, CultureInfo.InvariantCulture),
            Uri uri => new Uri(text) == uri,
            // A folder may be written as one.
            string => text == (string)value || text == $"./{value}",
            _ => string.Equals(text, Convert.ToString(value, CultureInfo.InvariantCulture), StringComparison.OrdinalIgnoreCase),
        };
    }

    private static TimeSpan? Duration(string text)
    {
        if (Span().Match(text) is not { Success: true } match) return null;
        var number = double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        return match.Groups[2].Value switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            "min" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            _ => TimeSpan.FromDays(number),
        };
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^([\d.]+) (ms|s|min|h|day|days)$")]
    private static partial Regex Span();

    [GeneratedRegex(@"^(\d+) MiB$")]
    private static partial Regex Bytes();
}
