using Monitor.LocalCluster.Members;
using Monitor.LocalCluster.Processes;

namespace Monitor.LocalCluster;

public sealed partial class LoopbackCluster
{
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Starts a member that does not run, in its place, and waits until it is ready. One that does not become so is ended again.</summary>
    /// <exception cref="ClusterException">It runs already, a port of it is in use, or it did not become ready: then has the end of its log.</exception>
    public async Task StartAsync(string name, CancellationToken cancellationToken = default)
    {
        var (member, logged) = await LaunchAsync(name, cancellationToken);
        try
        {
            await ReadyAsync(member, logged, cancellationToken);
        }
        catch
        {
            await EndAsync(name, Signal.Kill, CancellationToken.None);
            throw;
        }
    }

    /// <summary>Starts a member as <see cref="StartAsync"/>, and does not wait for it.</summary>
    public async Task LaunchOnlyAsync(string name, CancellationToken cancellationToken = default) => await LaunchAsync(name, cancellationToken);

    /// <summary>Waits until a member that runs is ready.</summary>
    /// <exception cref="ClusterException">It ended, or was not ready in time; has the end of its log.</exception>
    public Task ReadyAsync(string name, CancellationToken cancellationToken = default) => ReadyAsync(this[name], new FileInfo(LogOf(name)).Length, cancellationToken);

    /// <summary>Ends a member by SIGKILL, whatever it does, and waits until it is gone.</summary>
    /// <exception cref="ClusterException">It does not run.</exception>
    public Task KillAsync(string name, CancellationToken cancellationToken = default) => EndRunningAsync(name, Signal.Kill, cancellationToken);

    /// <summary>
    /// Asks a member to end, and waits for that: silos and gateways drain; PostgreSQL ends its sessions and is restarted by this and <see cref="StartAsync"/>.
    /// </summary>
    /// <returns>Whether it ended by itself; false: it did not in time, and was killed.</returns>
    /// <exception cref="ClusterException">It does not run.</exception>
    public Task<bool> StopAsync(string name, CancellationToken cancellationToken = default) => EndRunningAsync(name, null, cancellationToken);

    /// <summary>Stops a member where it is, by SIGSTOP: it keeps its connections and does not answer.</summary>
    /// <exception cref="ClusterException">It does not run.</exception>
    public Task PauseAsync(string name, CancellationToken cancellationToken = default) => SwitchAsync(name, Signal.Stop, ProcessCondition.Paused, cancellationToken);

    /// <summary>Lets a paused member go on.</summary>
    /// <exception cref="ClusterException">It does not run.</exception>
    public Task ResumeAsync(string name, CancellationToken cancellationToken = default) => SwitchAsync(name, Signal.Continue, ProcessCondition.Running, cancellationToken);

    /// <summary>Ends all members, the ones that use others first: gateways drain, then silos, then PostgreSQL and Consul. One that does not end in time is killed.</summary>
    /// <param name="delete">Deletes state, data and logs too; the folder as well where nothing else is in it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task DownAsync(bool delete = false, CancellationToken cancellationToken = default)
    {
        var members = State.Members;
        foreach (var kind in members.Reverse().GroupBy(member => member.Kind))
        {
            var running = kind.Where(member => member.Condition != ProcessCondition.Gone).Select(member => member.Name).Order(StringComparer.Ordinal).ToList();
            if (running.Count > 0) say($"stopping {string.Join(", ", running)}");
            await Task.WhenAll(kind.Select(member => EndAsync(member.Name, null, cancellationToken)));
        }

        if (!delete) return;
        foreach (var part in members.Select(member => member.Name).Append("logs").Select(name => Path.Combine(Folder, name)).Where(Directory.Exists)) Directory.Delete(part, recursive: true);
        // The state last: until then it can be tried again.
        foreach (var file in new[] { ClusterState.FileName, "lock" }) File.Delete(Path.Combine(Folder, file));
        if (!Directory.EnumerateFileSystemEntries(Folder).Any()) Directory.Delete(Folder);
    }

    private async Task<(Member Member, long Logged)> LaunchAsync(string name, CancellationToken cancellationToken)
    {
        var log = LogOf(name);
        var logged = 0L;
        var state = await ChangeAsync(
            async state =>
            {
                var member = state[name];
                if (member.Condition != ProcessCondition.Gone) throw new ClusterException($"{name} runs already, as process {member.Process!.Id}.");
                var command = member.Kind switch
                {
                    MemberKind.Consul => await ConsulServer.PrepareAsync(state, member, Folder, cancellationToken),
                    MemberKind.Postgres => await PostgresServer.PrepareAsync(state, member, Folder, cancellationToken),
                    MemberKind.Example => MonitorServer.PrepareExample(state, member),
                    _ => MonitorServer.Prepare(state, member),
                };
                foreach (var (use, port) in member.Ports.Where(port => !LoopbackPorts.IsFree(port.Value)))
                    throw new ClusterException($"{name} has the port {port} for {use}, and another program uses it. End that, or take another folder for a cluster with other ports.");

                var file = new FileInfo(log);
                logged = file.Exists ? file.Length : 0;
                return state.With(member with { Command = command.Words, Process = DetachedProcess.Start(command, Folder, log) });
            },
            cancellationToken);
        return (state[name], logged);
    }

    private async Task ReadyAsync(Member member, long logged, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var status = await StatusAsync(State, member, cancellationToken);
            if (status.Ready) return;
            if (status.Condition == ProcessCondition.Gone) throw new ClusterException($"{member.Name} ended before it was ready. {EndOfLog(member.Name, logged)}");
            if (TimeProvider.System.GetElapsedTime(started) > ReadyTimeout)
                throw new ClusterException($"{member.Name} is not ready after {ReadyTimeout.TotalSeconds:0} s: {status.WhyNotReady}. {EndOfLog(member.Name, logged)}");
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }

    private string EndOfLog(string name, long from)
    {
        const int Lines = 20;
        var log = LogOf(name);
        if (!File.Exists(log)) return $"It wrote no log, {log}.";
        using var stream = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Seek(Math.Min(from, stream.Length), SeekOrigin.Begin);
        using var reader = new StreamReader(stream);
        var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Length == 0 ? $"It wrote nothing to {log}." : $"Its log {log} ends:\n{string.Join('\n', lines.TakeLast(Lines))}";
    }

    private async Task<bool> EndRunningAsync(string name, Signal? signal, CancellationToken cancellationToken)
    {
        if (this[name].Condition == ProcessCondition.Gone) throw new ClusterException($"{name} does not run.");
        return await EndAsync(name, signal, cancellationToken);
    }

    // Null: the signal by which this kind of member is asked.
    private async Task<bool> EndAsync(string name, Signal? signal, CancellationToken cancellationToken)
    {
        var member = this[name];
        if (member.Process is not { } process) return true;
        var ended = true;
        if (signal != Signal.Kill)
        {
            // PostgreSQL: fast, that is, with the sessions that there are.
            process.Send(member.Kind == MemberKind.Postgres ? Signal.Interrupt : Signal.Terminate);
            process.Send(Signal.Continue);
            ended = await process.GoneAsync(StopTimeout, cancellationToken);
            if (!ended) say($"{name} did not end within {StopTimeout.TotalSeconds:0} s, and is killed");
        }

        process.Send(Signal.Kill);
        if (!await process.GoneAsync(KillTimeout, cancellationToken)) throw new ClusterException($"{name}, process {process.Id}, is there {KillTimeout.TotalSeconds:0} s after SIGKILL.");
        if (member.Kind == MemberKind.Postgres) await PostgresServer.EndOrphansAsync(PostgresServer.DataOf(member, Folder), cancellationToken);
        return ended;
    }

    private async Task SwitchAsync(string name, Signal signal, ProcessCondition condition, CancellationToken cancellationToken)
    {
        var process = this[name].Process;
        if (process is null || process.Condition == ProcessCondition.Gone) throw new ClusterException($"{name} does not run.");
        process.Send(signal);
        // The signal is sent at once, and acts when the process is next on its way.
        while (process.Condition is var now && now != condition)
        {
            if (now == ProcessCondition.Gone) throw new ClusterException($"{name} ended meanwhile.");
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }
}
