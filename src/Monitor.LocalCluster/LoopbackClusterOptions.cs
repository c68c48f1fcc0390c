namespace Monitor.LocalCluster;

/// <summary>What a <see cref="LoopbackCluster"/> is made of.</summary>
public sealed record LoopbackClusterOptions
{
    /// <summary>Where state, data and logs are kept; created where it is missing.</summary>
    public required string Folder { get; init; }

    /// <summary>Silos. Null: those that the folder's cluster has, or 3 in a new one. At least 1, at most 20.</summary>
    public int? Silos { get; init; }

    /// <summary>Gateways. Null: those that the folder's cluster has, or 2 in a new one. At least 1, at most 20.</summary>
    public int? Gateways { get; init; }

    /// <summary>Consul servers: 1 or 3, which stays so. Null: those that the folder's cluster has, or 1 in a new one.</summary>
    public int? Consuls { get; init; }

    /// <summary>The server: <c>Monitor.Silo.dll</c>, or an executable. Null: what MONITOR_SERVER_PATH names, else it is built where this is a checkout.</summary>
    public string? ServerPath { get; init; }

    /// <summary>Further settings of silos and gateways, <c>Monitor:BeatPeriod</c>, beside those that the cluster gives them. Kept, and added to at each start.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// How the example is run: program and first arguments, to which <c>example</c> and its options are added. Null: it is not.
    /// </summary>
    public IReadOnlyList<string>? ExampleCommand { get; init; }

    /// <summary>Whether the first members take the ports that one knows (Consul 8500, a gateway 7400 and 7401) where these are free. Default: yes.</summary>
    public bool UsualPorts { get; init; } = true;

    /// <summary>How long a member may take until it is ready. Default 2 minutes.</summary>
    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <exception cref="ClusterException">A value is out of its range.</exception>
    internal void Validate()
    {
        List<string> wrong = [];
        if (Silos is < 1 or > 20) wrong.Add($"{Silos} silos are asked for; it must be 1 to 20.");
        if (Gateways is < 1 or > 20) wrong.Add($"{Gateways} gateways are asked for; it must be 1 to 20.");
        if (Consuls is not (null or 1 or 3)) wrong.Add($"{Consuls} Consul servers are asked for; it must be 1 or 3.");
        if (!OperatingSystem.IsLinux()) wrong.Add("A cluster on one machine runs on Linux only.");
        if (wrong.Count > 0) throw new ClusterException(string.Join(' ', wrong));
    }
}
