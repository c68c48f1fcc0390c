using System.Reflection;
using Microsoft.Extensions.Options;

namespace Monitor.Client.Internal;

/// <summary>The defaults that depend on the process.</summary>
internal sealed class ReporterDefaults : IPostConfigureOptions<MonitorReporterOptions>
{
    public void PostConfigure(string? name, MonitorReporterOptions options)
    {
        if (string.IsNullOrEmpty(options.Service)) options.Service = Assembly.GetEntryAssembly()?.GetName().Name ?? "unknown";
        if (string.IsNullOrEmpty(options.Version)) options.Version = EntryVersion();
        if (string.IsNullOrEmpty(options.Instance)) options.Instance = $"{options.Service}-{Guid.NewGuid():D}";
    }

    private static string EntryVersion()
    {
        var entry = Assembly.GetEntryAssembly();
        var version = entry?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? entry?.GetName().Version?.ToString() ?? "";

        // Source link appends the commit.
        var plus = version.IndexOf('+', StringComparison.Ordinal);
        return plus < 0 ? version : version[..plus];
    }
}
