using System.Globalization;

namespace Monitor.Cli.Values;

/// <summary>Durations as people write them: <c>90s</c>, <c>5m</c>, <c>26h</c>, <c>7d</c>, <c>1h30m</c>, <c>250ms</c>, <c>0</c>.</summary>
internal static class Duration
{
    public const string Form = "write it as 90s, 5m, 26h, 7d or 1h30m";

    private static readonly (string Name, long Ticks)[] Units =
    [
        ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond),
        ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour),
        ("d", TimeSpan.TicksPerDay),
    ];

    /// <summary>Never negative.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (text == "0")
            return true;

        var rest = text.AsSpan();
        decimal ticks = 0;
        while (!rest.IsEmpty)
        {
            var number = rest[..Count(rest, static c => char.IsAsciiDigit(c) || c == '.')];
            rest = rest[number.Length..];
            var unit = rest[..Count(rest, char.IsAsciiLetter)];
            rest = rest[unit.Length..];
            if (TicksOf(unit) is not { } ticksPerUnit
                || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
                || amount > (decimal)TimeSpan.MaxValue.Ticks / ticksPerUnit)
                return false;
            ticks += amount * ticksPerUnit;
        }

        if (text.Length == 0 || ticks > TimeSpan.MaxValue.Ticks)
            return false;
        duration = TimeSpan.FromTicks((long)ticks);
        return true;
    }

    /// <summary>In the largest unit that takes no fraction: <c>90s</c>, <c>5m</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        var (name, ticks) = Units.LastOrDefault(unit => duration.Ticks != 0 && duration.Ticks % unit.Ticks == 0);
        return name is null
            ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.###}s")
            : string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / ticks}{name}");
    }

    private static long? TicksOf(ReadOnlySpan<char> name)
    {
        foreach (var unit in Units)
        {
            if (name.SequenceEqual(unit.Name))
                return unit.Ticks;
        }

        return null;
    }

    private static int Count(ReadOnlySpan<char> text, Func<char, bool> accepted)
    {
        var count = 0;
        while (count < text.Length && accepted(text[count]))
            count++;
        return count;
    }
}
