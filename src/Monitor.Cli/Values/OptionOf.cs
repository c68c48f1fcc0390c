using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Monitor.Cli.Values;

/// <summary>Options whose values need more than a string. Each error names its option and what is allowed.</summary>
internal static class OptionOf
{
    public static Option<string?> Text(string name, string description, string helpName) => new(name) { Description = description, HelpName = helpName };

    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    public static Option<DateTimeOffset?> Instant(string name, string description, TimeProvider time) => new(name)
    {
        Description = description,
        HelpName = "time",
        CustomParser = result => Values.Instant.TryParse(result.Tokens[0].Value, time.GetUtcNow(), out var instant)
            ? instant
            : Refuse<DateTimeOffset?>(result, $"is no time; {Values.Instant.Form}"),
    };

    public static Option<long> Limit(string description) => new("--limit")
    {
        Description = description,
        HelpName = "n",
        CustomParser = result => long.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            ? limit
            : Refuse<long>(result, "is no whole number from 0"),
    };

    /// <summary>One of the named values, in any case.</summary>
    public static Option<T?> OneOf<T>(string name, string description, params T[] values)
        where T : struct, Enum
    {
        var names = string.Join('|', values.Select(value => value.ToString().ToLowerInvariant()));
        return new(name)
        {
            Description = description,
            HelpName = names,
            CustomParser = result => values.Cast<T?>()
                .FirstOrDefault(value => string.Equals(value.ToString(), result.Tokens[0].Value, StringComparison.OrdinalIgnoreCase))
                ?? Refuse<T?>(result, $"is none of {names}"),
        };
    }

    /// <summary>Adds the error; the value it returns is never used.</summary>
    public static T? Refuse<T>(ArgumentResult result, string why)
    {
        var name = result.Parent is OptionResult option ? option.Option.Name : result.Argument.Name;
        result.AddError($"{name}: \"{result.Tokens[0].Value}\" {why}.");
        return default;
    }
}
