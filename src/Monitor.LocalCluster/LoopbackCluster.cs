using Monitor.LocalCluster.Members;

namespace Monitor.LocalCluster;

/// <summary>
/// A whole cluster on the loopback interface of this machine: Consul, PostgreSQL, silos and gateways, each a process of its own that outlives the one that
/// started it. What is known of it is in the file <c>cluster.json</c> of its folder, so that any process can take it up. For several threads and processes at
/// once: changes of the file are one after the other.
/// </summary>
public sealed partial class LoopbackCluster : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Action<string> say;

    // A proxy that is set for the web is not asked.
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.FromSeconds(5) }) { Timeout = TimeSpan.FromSeconds(5) };

    private LoopbackCluster(string folder, Action<string>? say)
    {
        Folder = Path.GetFullPath(folder);
        this.say = say ?? (static _ => { });
    }

    /// <summary>Where its state, data and logs are.</summary>
    public string Folder { get; }

    /// <summary>How long a member may take until it is ready. Default 2 minutes.</summary>
    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a member may take to end after it was asked to; then it is killed. Default 40 s, above the server's own bound.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>All members, in the order in which they start.</summary>
    public IReadOnlyList<Member> Members => State.Members;

    /// <summary>Of the database, with the password of its owner.</summary>
    public string PostgresConnectionString => PostgresServer.ConnectionString(State);

    private ClusterState State => ClusterState.Read(Folder) ?? throw NoCluster(Folder);

    /// <summary>Takes up the cluster that a folder holds, whether it runs or not.</summary>
    /// <param name="folder">That <see cref="UpAsync"/> was given.</param>
    /// <param name="say">Told what is being done.</param>
    /// <exception cref="ClusterException">The folder holds none.</exception>
    public static LoopbackCluster Open(string folder, Action<string>? say = null)
    {
        var cluster = new LoopbackCluster(folder, say);
        _ = cluster.State;
        return cluster;
    }

    /// <summary>The member of this name, as it is now.</summary>
    /// <exception cref="ClusterException">There is none; names those that are.</exception>
    public Member this[string name] => State[name];

    /// <summary>The file that a member's output goes to, over every start.</summary>
    public string LogOf(string name) => Path.Combine(Folder, "logs", $"{name}.log");

    /// <summary>How each member is: those that run are asked whether they are ready.</summary>
    public async Task<IReadOnlyList<MemberStatus>> StatusAsync(CancellationToken cancellationToken = default)
    {
        var state = State;
        return await Task.WhenAll(state.Members.Select(member => StatusAsync(state, member, cancellationToken)));
    }

    /// <summary>Ends nothing: the members go on.</summary>
    public void Dispose() => http.Dispose();

    private static ClusterException NoCluster(string folder) => new($"{folder} holds no cluster. Start one there: monitor cluster up --folder {folder}");

    private async Task<MemberStatus> StatusAsync(ClusterState state, Member member, CancellationToken cancellationToken)
    {
        var condition = member.Condition;
        return new(member, condition, condition switch
        {
            Processes.ProcessCondition.Running => await WhyNotReadyAsync(state, member, cancellationToken),
            Processes.ProcessCondition.Paused => "paused",
            _ => member.Process is null ? "never started" : "not running",
        });
    }

    private async Task<string?> WhyNotReadyAsync(ClusterState state, Member member, CancellationToken cancellationToken)
    {
        try
        {
            return member.Kind switch
            {
                MemberKind.Consul => await ConsulServer.WhyNotReadyAsync(http, member, cancellationToken),
                MemberKind.Postgres => PostgresServer.WhyNotReady(member, Folder),
                MemberKind.Silo or MemberKind.Gateway => await MonitorServer.WhyNotReadyAsync(http, member, cancellationToken),
                _ => await MonitorServer.WhyExampleNotReadyAsync(http, state, cancellationToken),
            };
        }
        catch (HttpRequestException e)
        {
            return e.GetBaseException().Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no answer within {http.Timeout.TotalSeconds:0} s";
        }
    }

    /// <summary>Reads the state, lets it be changed, and writes it, with nobody else at it meanwhile.</summary>
    private async Task<ClusterState> ChangeAsync(Func<ClusterState, Task<ClusterState>> change, CancellationToken cancellationToken)
    {
        await using var only = await LockAsync(cancellationToken);
        var changed = await change(State);
        changed.Write(Folder);
        return changed;
    }

    private async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(Folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (Directory.Exists(Folder))
            {
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            }
        }
    }
}
