using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Monitor.Journal.Sqlite;

/// <summary>Registers the journal of one process.</summary>
public static class SqliteJournalServices
{
    /// <summary>
    /// Adds <see cref="IJournal"/> on SQLite, as a singleton. The host opens it with <see cref="IJournal.OpenAsync"/> before anything uses it.
    /// </summary>
    public static IServiceCollection AddSqliteJournal(this IServiceCollection services, Action<SqliteJournalOptions> configure)
    {
        services.AddOptions<SqliteJournalOptions>().Configure(configure)
            .PostConfigure(options => options.Path = string.IsNullOrWhiteSpace(options.Path) ? "" : Path.GetFullPath(options.Path))
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SqliteJournalOptions>, SqliteJournalOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IJournal, SqliteJournal>();
        return services;
    }
}
