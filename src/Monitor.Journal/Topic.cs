namespace Monitor.Journal;

/// <summary>What a record is about. Values are stored: append only.</summary>
public enum Topic
{
    /// <summary>Publishes of instances; keyed by instance.</summary>
    Reports = 1,

    /// <summary>Transitions; keyed by the healthcheck or the service they concern.</summary>
    Events = 2,
}
