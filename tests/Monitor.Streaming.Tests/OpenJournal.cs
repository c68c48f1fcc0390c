using Microsoft.Extensions.DependencyInjection;
using Monitor.Journal;
using Monitor.Journal.Sqlite;
using Monitor.Journal.Testing;

namespace Monitor.Streaming.Tests;

/// <summary>A SQLite journal in a directory of its own, behind a probe.</summary>
internal sealed class OpenJournal : IAsyncDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("monitor-streaming-").FullName;
    private readonly ServiceProvider services;

    private OpenJournal()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        AddTo(services, directory);
        this.services = services.BuildServiceProvider();
        Probe = (JournalProbe)this.services.GetRequiredService<IJournal>();
    }

    public JournalProbe Probe { get; }

    public static async Task<OpenJournal> CreateAsync()
    {
        var journal = new OpenJournal();
        await journal.Probe.OpenAsync(CancellationToken.None);
        return journal;
    }

    public static void AddTo(IServiceCollection services, string directory)
    {
        services.AddSqliteJournal(o =>
        {
            o.Path = Path.Combine(directory, "journal.db");
            o.Partitions = 4;
        });
        JournalProbe.Insert(services);
    }

    public async Task AppendAsync(int count)
    {
        for (var i = 0; i < count; i++) await Probe.AppendAsync(Topic.Reports, 0, [new JournalRecord("a/1", [1])], CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await Probe.DisposeAsync();
        await services.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }
}
