using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Logging;

namespace Monitor.Architecture.Tests;

public sealed class LogEventTests
{
    private static readonly IReadOnlyList<(int Id, LogLevel Level, string Method)> Events =
    [
        .. from assembly in House.Assemblies
           from type in assembly.GetTypes()
           from method in type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
           let attribute = method.GetCustomAttribute<LoggerMessageAttribute>()
           where attribute is not null
           select (attribute.EventId, attribute.Level, $"{type.FullName}.{method.Name}"),
    ];

    [Fact]
    public void LoggerMessages_OfAllRooms_HaveIdsOfTheirOwn() =>
        Assert.Empty(Events.GroupBy(e => e.Id).Where(group => group.Count() > 1).Select(group => $"{group.Key}: {string.Join(", ", group.Select(e => e.Method))}"));

    [Fact]
    public void LoggerMessages_OfAllRooms_SayTheirId() => Assert.DoesNotContain(Events, e => e.Id <= 0);

    [Fact]
    public void OperationsPage_EventsItNames_AreThereWithTheirLevel()
    {
        var named =
            from line in File.ReadLines(Path.Combine(House.Root, "docs", "operations.md")).SkipWhile(line => !line.StartsWith("| event | level |", StringComparison.Ordinal)).Skip(2).TakeWhile(line => line.StartsWith('|'))
            let cells = line.Split('|', StringSplitOptions.TrimEntries)
            let levels = cells[2].Split(", ")
            from entry in cells[1].Split(", ").Select((id, i) => (Id: int.Parse(id, CultureInfo.InvariantCulture), Level: levels[Math.Min(i, levels.Length - 1)]))
            select entry;
        var events = named.ToList();

        Assert.NotEmpty(events);
        Assert.All(events, e => Assert.Contains(Events, known => known.Id == e.Id && string.Equals(known.Level.ToString(), e.Level, StringComparison.OrdinalIgnoreCase)));
    }
}
