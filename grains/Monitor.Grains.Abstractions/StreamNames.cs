namespace Monitor.Grains.Abstractions;

/// <summary>Names of the streams. Each namespace has one stream for each partition, whose key is the partition's number in decimal.</summary>
public static class StreamNames
{
    /// <summary>The stream provider over the journal.</summary>
    public const string Provider = "journal";

    /// <summary>Publishes of instances.</summary>
    public const string Reports = "reports";

    /// <summary>Transitions.</summary>
    public const string Events = "events";
}
