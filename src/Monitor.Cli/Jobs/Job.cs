using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Monitor.Cli.Jobs;

/// <summary>
/// A child process with our standard input, whose output passes through us to ours: as it comes, byte for byte, its last lines remembered.
/// Signals that ask us to end are its to answer.
/// </summary>
internal sealed class Job : IDisposable
{
    // A daemon that the job left behind may hold its output open for ever.
    private static readonly TimeSpan OutputAfterExit = TimeSpan.FromSeconds(2);

    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private readonly CancellationTokenSource interrupted = new();
    private readonly PosixSignalRegistration[] registrations;
    private readonly Queue<PosixSignal> early = new();
    private Process? child;
    private bool ended;
    private bool disposed;

    public Job(TimeProvider time)
    {
        this.time = time;
        registrations =
        [
            .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT }
                .Select(signal => PosixSignalRegistration.Create(signal, OnSignal)),
        ];
    }

    /// <summary>Cancelled by a signal that came when the job had ended already.</summary>
    public CancellationToken Interrupted => interrupted.Token;

    public async Task<JobOutcome> RunAsync(string[] command)
    {
        var started = time.GetTimestamp();
        if (Executable.Find(command[0]) is not { } file)
            return NotStarted($"{command[0]}: command not found");

        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(file, command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        try
        {
            process.Start();
        }
        catch (Win32Exception refusal)
        {
            return NotStarted($"{command[0]}: {refusal.Message}");
        }

        lock (gate)
        {
            child = process;
            while (early.TryDequeue(out var signal))
                Signals.Send(process, signal);
        }

        var tail = new OutputTail();
        var output = Task.WhenAll(
            PassAsync(process.StandardOutput.BaseStream, Console.OpenStandardOutput(), tail),
            PassAsync(process.StandardError.BaseStream, Console.OpenStandardError(), tail));
        await process.WaitForExitAsync();
        var duration = time.GetElapsedTime(started);
        lock (gate)
        {
            child = null;
            ended = true;
        }

        await Task.WhenAny(output, Task.Delay(OutputAfterExit, time));
        var error = process.ExitCode == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"exit code {process.ExitCode}");
        return new(process.ExitCode, error, duration, tail.ToString());
    }

    public void Dispose()
    {
        foreach (var registration in registrations)
            registration.Dispose();
        lock (gate)
        {
            disposed = true;
            interrupted.Dispose();
        }
    }

    private JobOutcome NotStarted(string why)
    {
        lock (gate)
            ended = true;
        return new((int)ExitCode.CommandNotFound, why, TimeSpan.Zero, Output: "", NotStarted: true);
    }

    private static async Task PassAsync(Stream from, Stream to, OutputTail tail)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer) is var count and > 0)
        {
            tail.Append(buffer.AsSpan(0, count));
            try
            {
                await to.WriteAsync(buffer.AsMemory(0, count));
                await to.FlushAsync();
            }
            catch (IOException)
            {
                // Nobody reads ours any more. The job goes on, and what it says is still reported.
                to = Stream.Null;
            }
        }
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (gate)
        {
            if (disposed)
                return;
            if (ended)
                interrupted.Cancel();
            else if (Signals.ReachedChild(context.Signal))
                return;
            else if (child is null)
                early.Enqueue(context.Signal);
            else
                Signals.Send(child, context.Signal);
        }
    }
}
