namespace Monitor.Architecture.Tests.Settings;

/// <summary>The tables of settings and the options classes say the same.</summary>
public sealed class SettingsTests
{
    private const string Complete = "docs/configuration.md";

    // Of .NET and of Orleans.
    private static readonly string[] OfOthers = ["Logging:LogLevel:*"];

    [Fact]
    public void Options_OfTheServersRooms_AreKnownToThisTest() => Assert.Empty(Setting.Unplaced);

    [Fact]
    public void Settings_AllOfThem_AreInTheCompleteTableOnce()
    {
        var rows = SettingsTable.Read(Complete).Select(row => row.Key).ToList();

        Assert.Empty(rows.GroupBy(key => key).Where(group => group.Count() > 1).Select(group => group.Key));
        var missing = Setting.All.Keys.Except(rows).ToList();
        Assert.True(missing.Count == 0, $"These settings have no row in {Complete}: {string.Join(", ", missing)}");
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData(Complete)]
    public void Rows_OfATable_AreSettings(string page)
    {
        var rows = SettingsTable.Read(page);

        Assert.NotEmpty(rows);
        var unknown = rows.Select(row => row.Key).Except(OfOthers).Where(key => !Exists(key)).ToList();
        Assert.True(unknown.Count == 0, $"{page} has rows for what is no setting: {string.Join(", ", unknown)}");
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData(Complete)]
    public void Rows_OfATable_HaveTheDefaultOfTheCode(string page)
    {
        var wrong =
            from row in SettingsTable.Read(page)
            where Setting.All.TryGetValue(row.Key, out var setting) && !SettingsTable.Says(row.Default, setting.Default)
            select $"{row.Key} is '{row.Default}' in {page}, and {Setting.All[row.Key].Default} in the code";

        Assert.Empty(wrong);
    }

    // A family, as Consul:Registration:*, is there while one of it is.
    private static bool Exists(string key) => key.EndsWith(":*", StringComparison.Ordinal)
        ? Setting.All.Keys.Any(known => known.StartsWith(key[..^1], StringComparison.Ordinal))
        : Setting.All.ContainsKey(key);
}
