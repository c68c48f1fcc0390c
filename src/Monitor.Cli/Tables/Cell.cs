using Monitor.Protocol;
using Palette = Spectre.Console.Color;

namespace Monitor.Cli.Tables;

/// <summary>Text, and its colour on a terminal.</summary>
internal readonly record struct Cell(string Text, Palette? Color = null)
{
    public static implicit operator Cell(string text) => new(text);

    public static Cell Of(HealthCheck check) => check.Status switch
    {
        HealthCheck.Types.Status.Ok when check.Degraded => new("OK degraded", Palette.Yellow),
        HealthCheck.Types.Status.Ok => new("OK", Palette.Green),
        HealthCheck.Types.Status.Error => new("ERROR", Palette.Red),
        _ => new("UNKNOWN", Palette.Yellow),
    };

    public static Cell Of(Status status) => status.Status_ switch
    {
        Status.Types.Status.Running => new("RUNNING", Palette.Green),
        Status.Types.Status.Started => new("STARTED", Palette.Green),
        Status.Types.Status.Stopped => new("STOPPED", Palette.Grey),
        _ => new("UNKNOWN", Palette.Yellow),
    };

    public static Cell Of(Derived? derived) => derived?.Freshness switch
    {
        Freshness.Fresh or Freshness.Late or Freshness.Unknown when derived.Blind is not null => new("BLIND", Palette.Yellow),
        Freshness.Fresh => new("FRESH"),
        Freshness.Late => new("LATE", Palette.Yellow),
        Freshness.Unknown => new("UNKNOWN", Palette.Yellow),
        Freshness.Expired => new("EXPIRED", Palette.Grey),
        _ => new(Tables.Text.Nothing),
    };
}
