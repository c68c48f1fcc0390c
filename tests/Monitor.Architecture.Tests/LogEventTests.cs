using System.Reflection;
using Microsoft.Extensions.Logging;

namespace Monitor.Architecture.Tests;

public sealed class LogEventTests
{
    private static readonly IReadOnlyList<(int Id, string Method)> Events =
    [
        .. from assembly in House.Assemblies
           from type in assembly.GetTypes()
           from method in type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
           let attribute = method.GetCustomAttribute<LoggerMessageAttribute>()
           where attribute is not null
           select (attribute.EventId, $"{type.FullName}.{method.Name}"),
    ];

    [Fact]
    public void LoggerMessages_OfAllRooms_HaveIdsOfTheirOwn() =>
        Assert.Empty(Events.GroupBy(e => e.Id).Where(group => group.Count() > 1).Select(group => $"{group.Key}: {string.Join(", ", group.Select(e => e.Method))}"));

    [Fact]
    public void LoggerMessages_OfAllRooms_SayTheirId() => Assert.DoesNotContain(Events, e => e.Id <= 0);
}
