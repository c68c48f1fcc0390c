using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Monitor.Journal.Postgres;

/// <summary>Registers the journal of a cluster.</summary>
public static class PostgresJournalServices
{
    /// <summary>
    /// Adds <see cref="IJournal"/> on PostgreSQL, as a singleton. The host opens it with <see cref="IJournal.OpenAsync"/> before anything uses it.
    /// </summary>
    public static IServiceCollection AddPostgresJournal(this IServiceCollection services, Action<PostgresJournalOptions> configure)
    {
        services.AddOptions<PostgresJournalOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PostgresJournalOptions>, PostgresJournalOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IJournal, PostgresJournal>();
        return services;
    }
}
