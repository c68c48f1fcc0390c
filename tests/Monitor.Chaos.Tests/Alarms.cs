using Microsoft.Extensions.DependencyInjection;
using Monitor.Journal;
using Monitor.Journal.Postgres;
using Monitor.Protocol;

namespace Monitor.Chaos.Tests;

/// <summary>Every transition in the journal, by whose events people are woken.</summary>
internal sealed class Alarms(ServiceProvider services) : IAsyncDisposable
{
    /// <summary>The service whose instances die.</summary>
    public const string Mortal = "mortal";

    private readonly IJournal journal = services.GetRequiredService<IJournal>();
    private readonly Dictionary<int, long> read = [];
    private readonly HashSet<(string Instance, string Check, long Version)> seen = [];
    private readonly HashSet<string> mourned = [];

    /// <summary>Instances of <see cref="Mortal"/> that were called silent, as read.</summary>
    public IReadOnlySet<string> Mourned => mourned;

    public static async Task<Alarms> OpenAsync(string connectionString, int partitions, CancellationToken cancellationToken)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddPostgresJournal(journal => (journal.ConnectionString, journal.Partitions, journal.Patience) = (connectionString, partitions, TimeSpan.FromMinutes(1)));
        var alarms = new Alarms(services.BuildServiceProvider());
        await alarms.journal.OpenAsync(cancellationToken);
        return alarms;
    }

    /// <summary>Reads what is new, and fails where an instance of the test, which all live, was called silent, or a transition is there twice.</summary>
    public async Task AssertNoneAsync(CancellationToken cancellationToken)
    {
        for (var partition = 0; partition < journal.Partitions; partition++)
        {
            while (await journal.ReadAsync(Topic.Events, partition, read.GetValueOrDefault(partition), 1000, 1 << 20, cancellationToken) is { Count: > 0 } records)
            {
                foreach (var record in records) Assert(Event.Parser.ParseFrom(record.Payload), record.Key);
                read[partition] = records[^1].Sequence;
            }
        }
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();

    private void Assert(Event transition, string key)
    {
        if (transition.Service.Name == Mortal && transition.Kind == Event.Types.Kind.Overdue) mourned.Add(transition.Service.Id);
        if (transition.Service.Name is not (Fleet.Service or Probes.Service)) return;
        Xunit.Assert.True(
            transition.Kind is not (Event.Types.Kind.Overdue or Event.Types.Kind.Expired or Event.Types.Kind.Forgotten or Event.Types.Kind.Incarnation),
            $"A false alarm: {transition}");
        Xunit.Assert.True(seen.Add((transition.Service.Id, transition.Check, transition.Version)), $"A transition twice, in {key}: {transition}");
    }
}
