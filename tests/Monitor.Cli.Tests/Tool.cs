using System.Diagnostics;

namespace Monitor.Cli.Tests;

/// <summary>What the tool printed, and how it ended.</summary>
internal sealed record Ended(int ExitCode, string Output, string Error);

/// <summary>Runs the tool: in this process with its console redirected, or as the process that a shell would start.</summary>
internal static class Tool
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Task<Ended> RunAsync(CannedServer server, params string[] args) => RunAsync(shell => shell, ["--server", server.Url, .. args]);

    public static async Task<Ended> RunAsync(Func<Shell, Shell> configure, params string[] args)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        var exitCode = await MonitorCommand.RunAsync(args, configure(new Shell(output, error)));
        return new(exitCode, output.ToString(), error.ToString());
    }

    public static Process Start(string? server, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "monitor.dll"), .. args])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("MONITOR_SERVER");
        if (server is not null)
            start.Environment["MONITOR_SERVER"] = server;
        return Process.Start(start)!;
    }

    public static async Task<Ended> ProcessAsync(string? server, params string[] args)
    {
        using var process = Start(server, args);
        process.StandardInput.Close();
        return await EndedAsync(process);
    }

    public static async Task<Ended> EndedAsync(Process process)
    {
        try
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(Patience);
            return new(process.ExitCode, await output, await error);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"Waited {Patience} for the tool to end: {string.Join(' ', process.StartInfo.ArgumentList)}");
        }
    }
}
