using Microsoft.Extensions.Options;
using Monitor.Gateway;
using Monitor.Grains;
using Monitor.Journal.Postgres;
using Monitor.Journal.Sqlite;

namespace Monitor.Silo.Journals;

/// <summary>The journal of a process: SQLite of its own, or PostgreSQL with its cluster.</summary>
internal static class JournalHosting
{
    private const string Postgres = "Monitor:Postgres";

    /// <summary>Whether the process is one of a cluster: its journal is then on PostgreSQL.</summary>
    public static bool IsClustered(this IConfiguration configuration) => !string.IsNullOrWhiteSpace(configuration[$"{Postgres}:{nameof(PostgresJournalOptions.ConnectionString)}"]);

    public static WebApplicationBuilder AddMonitorJournal(this WebApplicationBuilder builder, SiloOptions options)
    {
        if (!builder.Configuration.IsClustered() && options.Role != Role.All)
        {
            throw new OptionsValidationException(
                "Monitor", typeof(SiloOptions),
                [$"Monitor:Role is '{options.Role.ToString().ToLowerInvariant()}', but {Postgres}:ConnectionString is not set: a silo or gateway by itself is one of a cluster, whose journal is on PostgreSQL."]);
        }

        if (builder.Configuration.IsClustered()) AddPostgres(builder, options);
        else AddSqlite(builder, options);
        builder.Services.AddSingleton<JournalOpening>();
        builder.Services.AddHostedService(services => services.GetRequiredService<JournalOpening>());
        builder.Services.AddHealthChecks().AddCheck<JournalCheck>("journal", tags: [MonitorHealth.ReadyTag]);
        return builder;
    }

    /// <summary>Has a silo wait with all it does until the journal is open.</summary>
    public static ISiloBuilder StartAfterTheJournal(this ISiloBuilder silo)
    {
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => services.GetRequiredService<JournalOpening>());
        return silo;
    }

    private static void AddSqlite(WebApplicationBuilder builder, SiloOptions options)
    {
        builder.Services.AddSqliteJournal(journal =>
        {
            journal.Path = Path.Combine(options.DataDirectory, "journal.db");
            journal.Partitions = options.Partitions;
        });
        builder.Services.AddOptions<SqliteJournalOptions>().Configure<IOptions<GrainOptions>>((journal, grains) =>
            (journal.ReportSegmentAge, journal.EventSegmentAge) = SegmentAges(grains.Value));
    }

    private static void AddPostgres(WebApplicationBuilder builder, SiloOptions options)
    {
        builder.Services.AddPostgresJournal(journal =>
        {
            builder.Configuration.GetSection(Postgres).Bind(journal);
            journal.Partitions = options.Partitions;
            journal.ClusterId = options.ClusterId;
        });
        builder.Services.AddOptions<PostgresJournalOptions>().Configure<IOptions<GrainOptions>>((journal, grains) =>
            (journal.ReportSegmentAge, journal.EventSegmentAge) = SegmentAges(grains.Value));
    }

    // A segment is dropped as a whole: the smaller its share of the retention, the less is kept beyond that.
    private static (TimeSpan Reports, TimeSpan Events) SegmentAges(GrainOptions grains) => (grains.RawRetention / 24, grains.TransitionRetention / 24);
}
