using System.Diagnostics;

namespace Monitor.LocalCluster.Programs;

/// <summary>A tool of the machine that is run to its end.</summary>
internal static class Tool
{
    /// <summary>Answers what it wrote to its output.</summary>
    /// <exception cref="ClusterException">It is missing, or ended with another exit code than 0; says what it wrote.</exception>
    public static async Task<string> RunAsync(
        string tool, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? workingDirectory = null,
        string? input = null, CancellationToken cancellationToken = default)
    {
        var start = new ProcessStartInfo(tool, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = workingDirectory ?? string.Empty,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;

        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new ClusterException($"{tool} cannot be run here: {e.Message}.", e);
        }

        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        if (input is not null) await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode == 0) return await output;
        var said = (await error).Trim();
        // Compilers tell what is wrong on their output.
        throw new ClusterException($"{tool} {string.Join(' ', start.ArgumentList)} ended with {process.ExitCode}: {(said.Length > 0 ? said : (await output).Trim())}");
    }
}
