using System.ComponentModel;
using System.Reflection;
using Monitor.Client;
using Monitor.Consul.Http;
using Monitor.Consul.Registration;
using Monitor.Gateway;
using Monitor.Gateway.GoMicro;
using Monitor.Gateway.GoMicro.Nats;
using Monitor.Grains;
using Monitor.Journal.Postgres;
using Monitor.Silo;

namespace Monitor.Architecture.Tests.Settings;

/// <summary>A setting of the server: its key, and its default where that is a value.</summary>
internal sealed record Setting(string Key, object? Default)
{
    /// <summary>The options of the server's rooms, each with the section that it is bound from; null: the host sets it from other settings, or nothing does.</summary>
    private static readonly Dictionary<Type, string?> Sections = new Dictionary<Type, string?>
    {
        [typeof(SiloOptions)] = "Monitor",
        [typeof(GatewayOptions)] = "Monitor",
        [typeof(GrainOptions)] = "Monitor",
        [typeof(PostgresJournalOptions)] = "Monitor:Postgres",
        [typeof(GoMicroOptions)] = "Monitor:GoMicro",
        [typeof(GoMicroNatsOptions)] = "Monitor:GoMicro:Nats",
        [typeof(MonitorReporterOptions)] = "Monitor:Reporter",
        [typeof(ConsulOptions)] = "Consul",
        [typeof(ConsulRegistrationOptions)] = "Consul:Registration",
        [typeof(Journal.Sqlite.SqliteJournalOptions)] = null,
        [typeof(Streaming.JournalStreamOptions)] = null,
        [typeof(Orleans.Configuration.ConsulClusteringOptions)] = null,
        [typeof(Consul.GoMicro.GoMicroRegistrationOptions)] = "Consul:GoMicro",
    };

    // Of the journal on PostgreSQL, which the host sets from Monitor:Partitions, Monitor:ClusterId and the retentions.
    private static readonly string[] SetByTheHost = [nameof(PostgresJournalOptions.Partitions), nameof(PostgresJournalOptions.ClusterId), nameof(PostgresJournalOptions.ReportSegmentAge), nameof(PostgresJournalOptions.EventSegmentAge)];

    // Of which no class has a property, or of which the host has another default than the class.
    private static readonly IReadOnlyList<Setting> ByHand =
    [
        new("Monitor:GrainDirectory", "default"),
        new("Consul:KvRootFolder", null),
        new("Consul:Addresses:0", ConsulOptions.DefaultAddress),
        new("Consul:Registration:Id", null),
        new("Consul:Registration:GrpcPort", null),
        new("Monitor:Reporter:Server", null),
        new("Monitor:Reporter:Service", "go.micro.srv.monitor"),
        new("Monitor:Reporter:Interval", TimeSpan.FromSeconds(10)),
    ];

    /// <summary>All of them, by key.</summary>
    public static IReadOnlyDictionary<string, Setting> All { get; } = Read();

    /// <summary>Public options classes of the server's rooms of which nobody said where they are bound from.</summary>
    public static IEnumerable<string> Unplaced =>
        from room in House.Arrows["Monitor.Silo"].Append("Monitor.Silo")
        from type in House.Load(room).GetExportedTypes()
        where type.Name.EndsWith("Options", StringComparison.Ordinal) && type is { IsClass: true, IsAbstract: false, IsGenericTypeDefinition: false } && !Sections.ContainsKey(type)
        select type.FullName;

    private static Dictionary<string, Setting> Read()
    {
        var settings =
            from section in Sections
            where section.Value is not null
            from property in section.Key.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            where IsBound(property) && !(section.Key == typeof(PostgresJournalOptions) && SetByTheHost.Contains(property.Name))
            select new Setting($"{section.Value}:{property.Name}{(IsList(property) ? ":0" : "")}", IsList(property) ? null : property.GetValue(Activator.CreateInstance(section.Key)));
        var all = settings.ToDictionary(setting => setting.Key);
        foreach (var setting in ByHand) all[setting.Key] = setting;
        return all;
    }

    // What text can be made into.
    private static bool IsBound(PropertyInfo property) => IsList(property)
        ? TypeDescriptor.GetConverter(property.PropertyType.GetGenericArguments()[0]).CanConvertFrom(typeof(string))
        : property.CanWrite && TypeDescriptor.GetConverter(property.PropertyType).CanConvertFrom(typeof(string));

    private static bool IsList(PropertyInfo property) => property.PropertyType.IsGenericType && property.PropertyType.GetGenericTypeDefinition() == typeof(IList<>);
}
