using System.ComponentModel;
using System.Diagnostics;

namespace Monitor.LocalCluster.Processes;

/// <summary>A program and what it is started with.</summary>
internal sealed record CommandLine(string Program, IReadOnlyList<string> Arguments)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> Words => [Program, .. Arguments];
}

/// <summary>Starts processes that outlive this one: in a session of their own, without input, their output in a file.</summary>
internal static class DetachedProcess
{
    // What is set for this process is not meant for those: their settings are the cluster's.
    private static readonly string[] OwnSettings = ["Monitor__", "Consul__", "Orleans__", "Logging__", "ASPNETCORE_", "DOTNET_ENVIRONMENT", "URLS", "HTTP_PORTS"];

    /// <summary>Starts it. What it writes is added to the file.</summary>
    /// <exception cref="ClusterException">It could not be started.</exception>
    public static ProcessIdentity Start(CommandLine command, string workingDirectory, string log)
    {
        // Both replace themselves by what they start, so that the number of the process is that of the program.
        var start = new ProcessStartInfo("setsid", ["sh", "-c", """log=$1; shift; exec "$@" </dev/null >>"$log" 2>&1""", "sh", log, .. command.Words])
        {
            WorkingDirectory = workingDirectory, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => OwnSettings.Any(own => name.StartsWith(own, StringComparison.OrdinalIgnoreCase))).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in command.Environment) start.Environment[name] = value;

        try
        {
            using var process = Process.Start(start)!;
            return ProcessIdentity.Of(process.Id) ?? new(process.Id, -1, "");
        }
        catch (Win32Exception e)
        {
            throw new ClusterException($"setsid cannot be run here: {e.Message}. It is in the package util-linux.", e);
        }
    }
}
