using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Monitor.Testing.Processes;
using Orleans.Runtime;

namespace Monitor.Consul.Tests.Membership;

/// <summary>A silo as a process of its own, so that it can be killed.</summary>
internal sealed class SiloProcess : IDisposable
{
    private readonly Process process;
    private readonly ConcurrentQueue<string?> output = [];
    private readonly int port = Ports.Free();

    public SiloProcess(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var start = new ProcessStartInfo(BuiltAssembly.DotnetHost, [Path.Combine(AppContext.BaseDirectory, "Monitor.Consul.TestSilo.dll")])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (key, value) in settings) start.ArgumentList.Add($"--{key}={value}");
        start.ArgumentList.Add($"{port}");
        start.ArgumentList.Add($"{Ports.Free()}");
        process = new() { StartInfo = start };
        process.OutputDataReceived += (_, e) => output.Enqueue(e.Data);
        process.ErrorDataReceived += (_, e) => output.Enqueue(e.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <exception cref="InvalidOperationException">It has ended; says what it wrote.</exception>
    public void EnsureRuns()
    {
        if (process.HasExited) throw new InvalidOperationException($"The silo ended with exit code {process.ExitCode}: {string.Join('\n', output)}");
    }

    public bool Is(SiloAddress silo) => silo.Endpoint.Equals(new IPEndPoint(IPAddress.Loopback, port));

    public void Kill() => process.Kill();

    public void Dispose()
    {
        process.Kill();
        process.Dispose();
    }
}
