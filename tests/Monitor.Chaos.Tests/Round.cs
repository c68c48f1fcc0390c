namespace Monitor.Chaos.Tests;

/// <summary>What befalls the cluster in a round.</summary>
internal enum Blow
{
    KillSilo,
    KillGateway,
    KillConsul,
    PauseSilo,
    RestartPostgres,
    RollingRestart,
    KillSiloAndGateway,
    PauseGateway,
    KillGateways,
}

internal static class Rounds
{
    // The first nine hold one of each kind.
    private static readonly Blow[] Order =
    [
        Blow.KillSilo, Blow.KillGateway, Blow.KillConsul, Blow.RestartPostgres, Blow.PauseSilo, Blow.KillSiloAndGateway, Blow.RollingRestart, Blow.PauseGateway,
        Blow.KillGateways, Blow.KillSilo, Blow.KillGateway, Blow.KillSilo, Blow.KillConsul, Blow.KillGateway, Blow.RestartPostgres, Blow.KillSilo, Blow.PauseSilo,
        Blow.KillSilo, Blow.KillGateway, Blow.KillConsul, Blow.KillSilo, Blow.KillSiloAndGateway, Blow.PauseGateway, Blow.KillSilo, Blow.RestartPostgres,
        Blow.KillGateways, Blow.KillSilo, Blow.PauseSilo, Blow.KillGateway, Blow.RollingRestart,
    ];

    /// <param name="count">How many.</param>
    /// <param name="only">Kinds to choose from, by name and separated by commas; null: all.</param>
    public static IEnumerable<Blow> Of(int count, string? only)
    {
        var kinds = only is null ? Order : [.. only.Split(',').Select(Enum.Parse<Blow>)];
        return Enumerable.Range(0, count).Select(round => kinds[round % kinds.Length]);
    }
}
