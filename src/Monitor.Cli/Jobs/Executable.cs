using System.Runtime.Versioning;

namespace Monitor.Cli.Jobs;

/// <summary>Finds a command as a shell does. <see cref="System.Diagnostics.Process"/> would also look beside us and in the working directory.</summary>
internal static class Executable
{
    public static string? Find(string command)
    {
        // Windows has its own rules, of extensions too.
        if (OperatingSystem.IsWindows())
            return command;
        if (command.Contains('/', StringComparison.Ordinal))
            return Path.GetFullPath(command);
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Select(directory => Path.GetFullPath(Path.Combine(directory.Length == 0 ? "." : directory, command)))
            .FirstOrDefault(IsExecutable);
    }

    [UnsupportedOSPlatform("windows")]
    private static bool IsExecutable(string file) =>
        File.Exists(file) && (File.GetUnixFileMode(file) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;
}
