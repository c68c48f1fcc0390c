using System.Text.Json.Serialization;
using Monitor.LocalCluster.Processes;

namespace Monitor.LocalCluster;

/// <summary>What a member of a cluster is. In the order in which they start; they stop in the opposite one.</summary>
public enum MemberKind
{
    Consul = 0,
    Postgres = 1,
    Silo = 2,
    Gateway = 3,

    /// <summary>A reporter that plays the example.</summary>
    Example = 4,
}

/// <summary>A member of a cluster as the state file has it, whether it runs or not.</summary>
/// <param name="Name">Its name in the cluster: <c>consul-1</c>, <c>postgres</c>, <c>silo-2</c>, <c>gateway-1</c>, <c>example</c>.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Ports">On loopback, by their use; kept over restarts. <c>http</c>, <c>grpc</c>, <c>silo</c>, <c>clients</c>, <c>server</c>, <c>serf</c>, <c>sql</c>.</param>
public sealed record Member(string Name, MemberKind Kind, IReadOnlyDictionary<string, int> Ports)
{
    /// <summary>The process it was started as at last; it may be gone. Null: it was never started.</summary>
    public ProcessIdentity? Process { get; init; }

    /// <summary>With what it was started at last.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Whether it runs, is paused, or is gone.</summary>
    [JsonIgnore]
    public ProcessCondition Condition => Process?.Condition ?? ProcessCondition.Gone;

    /// <summary>Base address of its HTTP interface; null where it has none.</summary>
    [JsonIgnore]
    public Uri? Http => AddressOf("http");

    /// <summary>Address of its gRPC interface; null where it has none.</summary>
    [JsonIgnore]
    public Uri? Grpc => AddressOf("grpc");

    private Uri? AddressOf(string port) => Ports.TryGetValue(port, out var number) ? new UriBuilder(Uri.UriSchemeHttp, "127.0.0.1", number).Uri : null;
}

/// <summary>A member and how it is now.</summary>
/// <param name="Member">As the state file has it.</param>
/// <param name="Condition">Whether it runs.</param>
/// <param name="WhyNotReady">Null: it is ready.</param>
public sealed record MemberStatus(Member Member, ProcessCondition Condition, string? WhyNotReady)
{
    /// <summary>Whether it does its work.</summary>
    public bool Ready => WhyNotReady is null;
}
