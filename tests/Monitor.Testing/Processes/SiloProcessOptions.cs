namespace Monitor.Testing.Processes;

/// <summary>How a <see cref="SiloProcess"/> is started.</summary>
public sealed record SiloProcessOptions
{
    /// <summary>Where it keeps its data. Null: a new folder, which goes with the fixture.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Asks the server for any port, and reads from its log which it took. Otherwise the fixture picks free ones. Either way they are kept over restarts.</summary>
    public bool AnyPort { get; init; }

    /// <summary>Further settings, by their key in the environment: Monitor__Journal__Partitions.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>What starts it: a program and its first arguments, to which the server's command is added. Signals go there, and its end is the server's. Default: nothing.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    /// <summary>How long it may take until it is ready.</summary>
    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
