using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monitor.Grains.Abstractions;
using Monitor.Journal;
using Monitor.Journal.Sqlite;
using Monitor.Journal.Testing;
using Monitor.Protocol;
using Monitor.Rules.Keys;
using Monitor.Streaming;
using Monitor.Testing;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Monitor.Grains.Tests;

/// <summary>A silo with the real journal, streams and grains, on data of its own that it can start again on.</summary>
internal sealed class EmbeddedSilo : IAsyncDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("monitor-grains-").FullName;
    private IHost? host;

    public Action<GrainOptions> Options { get; set; } = _ => { };

    public JumpingClock Clock { get; init; } = new();

    public IGrainFactory Grains => host!.Services.GetRequiredService<IGrainFactory>();

    public JournalProbe Journal => (JournalProbe)host!.Services.GetRequiredService<IJournal>();

    public static async Task<EmbeddedSilo> StartAsync(Action<GrainOptions>? options = null)
    {
        var silo = new EmbeddedSilo { Options = options ?? (_ => { }) };
        await silo.StartAsync();
        return silo;
    }

    /// <param name="before">Prepares the journal before anything reads it.</param>
    public async Task StartAsync(Action<JournalProbe>? before = null)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSqliteJournal(o =>
        {
            o.Path = Path.Combine(directory, "journal.db");
            o.Partitions = 4;
            (o.ReportSegmentAge, o.EventSegmentAge) = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));
        });
        JournalProbe.Insert(builder.Services);
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.Configure(Options);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort: FreePort(), gatewayPort: 0);
            silo.AddJournalStreams(StreamNames.Provider);
            silo.AddMonitorGrains();
        });
        host = builder.Build();
        await Journal.OpenAsync(CancellationToken.None);
        before?.Invoke(Journal);
        await host.StartAsync();
    }

    public async Task StopAsync()
    {
        var stopped = host!;
        host = null;
        await stopped.StopAsync();
        await stopped.Services.GetRequiredService<IJournal>().DisposeAsync();
        stopped.Dispose();
    }

    /// <summary>Starts again on the same data.</summary>
    public async Task RestartAsync(Action<JournalProbe>? before = null)
    {
        await StopAsync();
        await StartAsync(before);
    }

    /// <summary>A silo on what would be left if the process of this one were killed now; not started yet.</summary>
    public EmbeddedSilo Killed()
    {
        var killed = new EmbeddedSilo { Options = Options, Clock = Clock };
        foreach (var name in new[] { "journal.db", "journal.db-wal" })
        {
            // The file comes first: until the log is long nothing moves from it into the file.
            using var from = new FileStream(Path.Combine(directory, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var to = File.Create(Path.Combine(killed.directory, name));
            from.CopyTo(to);
        }

        return killed;
    }

    /// <summary>Publishes as the gateway does; the record's sequence is set when it returns.</summary>
    public async Task<JournalRecord> PublishAsync(PublishRequest batch)
    {
        var partition = Partitioner.OfInstance(batch.Service.Id, Journal.Partitions);
        var record = new JournalRecord(new InstanceKey(batch.Service.Name, batch.Service.Id).ToString(), batch.ToByteArray());
        var stream = host!.Services.GetRequiredService<IClusterClient>().GetStreamProvider(StreamNames.Provider)
            .GetStream<JournalRecord>(StreamId.Create(StreamNames.Reports, partition.ToString(CultureInfo.InvariantCulture)));
        await stream.OnNextAsync(record);
        return record;
    }

    public static int PartitionOf(string instance) => Partitioner.OfInstance(instance, 4);

    public IReportPartitionGrain DirectoryOf(string instance) =>
        Grains.GetGrain<IReportPartitionGrain>(PartitionOf(instance).ToString(CultureInfo.InvariantCulture));

    /// <summary>Asks the partition of an instance, again where it has not read the journal yet, as the gateway does.</summary>
    public async Task<T> AskDirectoryAsync<T>(string instance, Func<IReportPartitionGrain, Task<T?>> ask)
        where T : class
    {
        while (true)
        {
            if (await ask(DirectoryOf(instance)) is { } answer) return answer;
        }
    }

    /// <summary>Publishes and waits until it is applied.</summary>
    public async Task<JournalRecord> ApplyAsync(PublishRequest batch)
    {
        var record = await PublishAsync(batch);
        await OutcomesAsync(batch, record);
        return record;
    }

    /// <summary>The outcomes of a record, waited for as the gateway does.</summary>
    public async Task<IReadOnlyList<ReportOutcome>> OutcomesAsync(PublishRequest batch, JournalRecord record)
    {
        while (true)
        {
            if (await DirectoryOf(batch.Service.Id).Reached(record.Sequence)
                && await Instance(batch.Service.Name, batch.Service.Id).Outcomes(record.Sequence) is { } outcomes) return outcomes;
        }
    }

    /// <summary>The transitions of an instance that are in the journal, as they lie there.</summary>
    public async Task<IReadOnlyList<Event>> EventsAsync(string instance)
    {
        var events = new List<Event>();
        for (var partition = 0; partition < Journal.Partitions; partition++)
        {
            var records = await Journal.ReadAsync(Topic.Events, partition, 0, int.MaxValue, int.MaxValue, CancellationToken.None);
            events.AddRange(records.Select(r => Event.Parser.ParseFrom(r.Payload)).Where(e => e.Service.Id == instance));
        }

        return [.. events.OrderBy(e => e.Version)];
    }

    /// <summary>Waits for a transition.</summary>
    public Task<IReadOnlyList<Event>> EventsAsync(string instance, Event.Types.Kind kind, string check) => Eventually.GetAsync(
        $"{kind} of '{check}' of {instance} is in the feed", _ => EventsAsync(instance), all => all.Any(e => e.Kind == kind && e.Check == check));

    /// <summary>Waits until every partition has looked at its deadlines once more.</summary>
    public async Task EvaluatedAsync()
    {
        var beats = Journal.Calls(nameof(IJournal.BeatAsync));
        await Eventually.UntilAsync("every partition has beaten twice", () => Journal.Calls(nameof(IJournal.BeatAsync)) >= beats + (3 * Journal.Partitions));
    }

    public IServiceInstanceGrain Instance(string service, string id) => Grains.GetGrain<IServiceInstanceGrain>(new InstanceKey(service, id).ToString());

    public Task<HealthCheckPage> CheckPage(string id, int limit = 10) =>
        Grains.GetGrain<IHealthCheckGrain>(id).Page(new(null, HealthCheck.Types.Status.Unknown, null, null, 0, limit));

    public async ValueTask DisposeAsync()
    {
        if (host is not null) await StopAsync();
        Directory.Delete(directory, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
