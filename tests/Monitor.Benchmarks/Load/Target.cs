using Grpc.Net.Client;
using Monitor.LocalCluster;
using Monitor.Testing.Processes;

namespace Monitor.Benchmarks.Load;

/// <summary>What is measured: a server or a cluster of our own, or a server that runs already, of which only the answers are known.</summary>
internal abstract class Target : IAsyncDisposable
{
    private GrpcChannel? channel;

    /// <summary>gRPC addresses, over which the connections are spread.</summary>
    public abstract IReadOnlyList<Uri> Addresses { get; }

    public Protocol.Monitor.MonitorClient Queries => new(Channel);

    public Protocol.Reporter.ReporterClient Reporter => new(Channel);

    protected virtual GrpcChannel Channel => channel ??= SiloProcess.ChannelTo(Addresses[0]);

    /// <summary>Of the product's processes; null where they are not known.</summary>
    public virtual ProcessUsage? Usage() => null;

    /// <summary>Of the database's processes; null where it is none of its own.</summary>
    public virtual ProcessUsage? DatabaseUsage() => null;

    /// <summary>Bytes on disk; null where they are not known.</summary>
    public virtual long? DataBytes() => null;

    public virtual ValueTask DisposeAsync()
    {
        channel?.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>One that runs already.</summary>
internal sealed class RunningTarget(Uri server) : Target
{
    public override IReadOnlyList<Uri> Addresses { get; } = [server];
}

/// <summary>The embedded default: one process on SQLite.</summary>
internal sealed class EmbeddedTarget(SiloProcess process) : Target
{
    public SiloProcess Process { get; } = process;

    public override IReadOnlyList<Uri> Addresses => [Process.Grpc];

    protected override GrpcChannel Channel => Process.Channel;

    public static async Task<EmbeddedTarget> StartAsync(CancellationToken cancellationToken) => new(await SiloProcess.StartAsync(cancellationToken: cancellationToken));

    public override ProcessUsage? Usage() => Process.Usage();

    public override long? DataBytes() => Process.DataBytes();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Process.DisposeAsync();
    }
}

/// <summary>Silos and gateways on PostgreSQL, on this machine.</summary>
internal sealed class ClusterTarget(LoopbackCluster cluster) : Target
{
    public override IReadOnlyList<Uri> Addresses { get; } = [.. cluster.Members.Where(member => member.Kind == MemberKind.Gateway).Select(member => member.Grpc!)];

    public static async Task<ClusterTarget> StartAsync(int silos, int gateways, CancellationToken cancellationToken) => new(await LoopbackCluster.UpAsync(
        new()
        {
            Folder = Directory.CreateTempSubdirectory("monitor-load-").FullName, Silos = silos, Gateways = gateways, UsualPorts = false, ServerPath = BuiltAssembly.Silo,
        },
        Console.Error.WriteLine,
        cancellationToken));

    public override ProcessUsage? Usage() => Sum(cluster.Members.Where(member => member.Kind is MemberKind.Silo or MemberKind.Gateway).Select(member => ProcessUsage.Of(member.Process!.Id)));

    public override ProcessUsage? DatabaseUsage() => ProcessUsage.OfFamily(cluster["postgres"].Process!.Id);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await cluster.DownAsync(delete: true);
        cluster.Dispose();
    }

    private static ProcessUsage Sum(IEnumerable<ProcessUsage> all) =>
        all.Aggregate((one, other) => new(one.Cpu + other.Cpu, one.ResidentBytes + other.ResidentBytes));
}
