using System.Diagnostics;

namespace Monitor.Testing.Processes;

/// <summary>A built program that is run to its end.</summary>
public static class CommandProcess
{
    /// <summary>Runs it without input, and answers exit code and what it wrote.</summary>
    /// <exception cref="TimeoutException">It did not end in time, and was killed.</exception>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string assembly, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, TimeSpan? timeout = null)
    {
        var start = new ProcessStartInfo(BuiltAssembly.DotnetHost, [assembly, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;

        using var process = new Process { StartInfo = start };
        process.Start();
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        var limit = timeout ?? TimeSpan.FromSeconds(60);
        try
        {
            await process.WaitForExitAsync().WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"Waited {limit.TotalSeconds:0.#} s for {Path.GetFileName(assembly)} {string.Join(' ', start.ArgumentList.Skip(1))} to end. It wrote: {await output}{await error}");
        }

        return (process.ExitCode, await output, await error);
    }
}
