using System.CommandLine;

namespace Monitor.Cli.Values;

/// <summary>An option whose value is a <see cref="Duration"/>.</summary>
internal sealed class DurationOption : Option<TimeSpan?>
{
    private readonly TimeSpan byDefault;

    public DurationOption(string name, string description, TimeSpan byDefault = default, bool positive = false, bool wholeSeconds = false, TimeSpan? atMost = null)
        : base(name)
    {
        this.byDefault = byDefault;
        Description = byDefault == default ? description : $"{description} Default: {Duration.Format(byDefault)}.";
        HelpName = "duration";
        CustomParser = result =>
        {
            if (!Duration.TryParse(result.Tokens[0].Value, out var duration))
                return OptionOf.Refuse<TimeSpan?>(result, $"is no duration; {Duration.Form}");
            if (positive && duration <= TimeSpan.Zero)
                return OptionOf.Refuse<TimeSpan?>(result, "must be more than 0");
            if (duration > atMost)
                return OptionOf.Refuse<TimeSpan?>(result, $"must be at most {Duration.Format(atMost.Value)}");
            if (wholeSeconds && duration.Ticks % TimeSpan.TicksPerSecond != 0)
                return OptionOf.Refuse<TimeSpan?>(result, "must be whole seconds");
            return duration;
        };
    }

    public TimeSpan In(ParseResult parsed) => parsed.GetValue(this) ?? byDefault;
}
