using Monitor.LocalCluster.Members;
using Monitor.LocalCluster.Processes;
using Monitor.LocalCluster.Programs;

namespace Monitor.LocalCluster;

public sealed partial class LoopbackCluster
{
    /// <summary>
    /// Starts a cluster and waits until every member is ready: a new one, or the one that the folder holds, its data kept, whose dead members are started again,
    /// and which gets the members that it lacks.
    /// </summary>
    /// <param name="options">What it is made of.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="cancellationToken">Ends the start, and takes down what it started.</param>
    /// <exception cref="ClusterException">A program is missing, or a member did not become ready: what was started is taken down again, and the message has the end of its log.</exception>
    public static async Task<LoopbackCluster> UpAsync(LoopbackClusterOptions options, Action<string>? say = null, CancellationToken cancellationToken = default)
    {
        options.Validate();
        var cluster = new LoopbackCluster(options.Folder, say) { ReadyTimeout = options.ReadyTimeout };
        try
        {
            await cluster.UpAsync(options, cancellationToken);
            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>Adds a silo or a gateway, and waits until it is ready. One that does not become so is taken away again.</summary>
    /// <exception cref="ClusterException">It did not become ready; has the end of its log.</exception>
    public async Task<Member> AddAsync(MemberKind kind, CancellationToken cancellationToken = default)
    {
        if (kind is not (MemberKind.Silo or MemberKind.Gateway)) throw new ClusterException("Silos and gateways can be added, and nothing else.");
        var name = "";
        await ChangeAsync(
            state =>
            {
                var member = NewMember(state, kind, usualPorts: false);
                name = member.Name;
                return Task.FromResult(state.With(member));
            },
            cancellationToken);
        try
        {
            await StartAsync(name, cancellationToken);
            return this[name];
        }
        catch
        {
            await ChangeAsync(state => Task.FromResult(state.Without(name)), CancellationToken.None);
            throw;
        }
    }

    private async Task UpAsync(LoopbackClusterOptions options, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.Combine(Folder, "logs"));
        await DescribeAsync(options, cancellationToken);

        var started = new List<string>();
        try
        {
            await StartAllAsync(member => member.Kind is MemberKind.Consul or MemberKind.Postgres, started, cancellationToken);
            await StartAllAsync(member => member.Kind is MemberKind.Silo or MemberKind.Gateway, started, cancellationToken);
            await StartAllAsync(member => member.Kind is MemberKind.Example, started, cancellationToken);
        }
        catch
        {
            var running = State.Members.Where(member => started.Contains(member.Name) && member.Condition != ProcessCondition.Gone).ToList();
            if (running.Count > 0) say("taking down what was started");
            foreach (var members in Enumerable.Reverse(running).GroupBy(member => member.Kind))
                await Task.WhenAll(members.Select(member => EndAsync(member.Name, member.Kind is MemberKind.Silo or MemberKind.Gateway ? Signal.Kill : null, CancellationToken.None)));
            throw;
        }
    }

    // Writes what the cluster is to be, before anything is started.
    private async Task DescribeAsync(LoopbackClusterOptions options, CancellationToken cancellationToken)
    {
        await using var only = await LockAsync(cancellationToken);
        var before = ClusterState.Read(Folder);
        // While servers run, their program is not built anew beneath them.
        var server = options.ServerPath is null && before is not null && before.Members.Any(member => member.Kind is MemberKind.Silo or MemberKind.Gateway && member.Condition != ProcessCondition.Gone)
            ? before.Server
            : await ServerProgram.FindAsync(options.ServerPath, say, cancellationToken);

        var state = before is null
            ? new ClusterState(server, PostgresServer.NewPassword(), options.Settings, [])
            : before with { Server = server, Settings = before.Settings.Concat(options.Settings).GroupBy(pair => pair.Key).ToDictionary(group => group.Key, group => group.Last().Value) };
        var consuls = state.Of(MemberKind.Consul).Count();
        if (consuls > 0 && options.Consuls is { } wanted && wanted != consuls)
            throw new ClusterException($"{Folder} has a cluster with {consuls} Consul servers, which stays so; {wanted} are asked for. Take another folder, or end it: monitor cluster down --delete");

        Fill(MemberKind.Consul, options.Consuls ?? Math.Max(consuls, 1));
        Fill(MemberKind.Postgres, 1);
        Fill(MemberKind.Silo, options.Silos ?? (before is null ? 3 : 1));
        Fill(MemberKind.Gateway, options.Gateways ?? (before is null ? 2 : 1));
        if (options.ExampleCommand is { Count: > 0 } command)
        {
            if (!state.Of(MemberKind.Example).Any()) Fill(MemberKind.Example, 1);
            state = state.With(state.Of(MemberKind.Example).Single() with { Command = [.. command, "example"] });
        }

        state.Write(Folder);

        void Fill(MemberKind kind, int count)
        {
            while (state.Of(kind).Count() < count) state = state.With(NewMember(state, kind, options.UsualPorts));
        }
    }

    private async Task StartAllAsync(Func<Member, bool> which, List<string> started, CancellationToken cancellationToken)
    {
        var dead = State.Members.Where(which).Where(member => member.Condition == ProcessCondition.Gone).ToList();
        if (dead.Count == 0) return;
        say($"starting {string.Join(", ", dead.Select(member => member.Name))}");
        started.AddRange(dead.Select(member => member.Name));
        var launched = new List<(Member Member, long Logged)>();
        foreach (var member in dead) launched.Add(await LaunchAsync(member.Name, cancellationToken));

        // The first that fails ends the waiting for the others.
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waits = launched.Select(start => ReadyAsync(start.Member, start.Logged, failed.Token)).ToList();
        await foreach (var wait in Task.WhenEach(waits))
        {
            if (wait.IsCompletedSuccessfully) continue;
            await failed.CancelAsync();
            await Task.WhenAll(waits).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await wait;
        }
    }

    private static Member NewMember(ClusterState state, MemberKind kind, bool usualPorts)
    {
        var name = state.NextName(kind);
        var taken = state.Members.SelectMany(member => member.Ports.Values).ToHashSet();
        var ports = (kind, name) switch
        {
            (MemberKind.Consul, _) => new[] { ("http", name == "consul-1" ? 8500 : 0), ("server", 0), ("serf", 0) },
            (MemberKind.Postgres, _) => [("sql", 0)],
            (MemberKind.Silo, _) => [("http", 0), ("silo", 0), ("clients", 0)],
            (MemberKind.Gateway, "gateway-1") => [("http", 7400), ("grpc", 7401)],
            (MemberKind.Gateway, _) => [("http", 0), ("grpc", 0)],
            _ => [],
        };
        return new(name, kind, ports.ToDictionary(port => port.Item1, port => Choose(port.Item2)));

        int Choose(int usual)
        {
            var port = usualPorts && usual != 0 && LoopbackPorts.IsFree(usual) ? usual : LoopbackPorts.Free();
            while (!taken.Add(port)) port = LoopbackPorts.Free();
            return port;
        }
    }
}
