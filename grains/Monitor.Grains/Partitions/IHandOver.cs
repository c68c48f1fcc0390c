namespace Monitor.Grains.Partitions;

/// <summary>A partition whose silo stops.</summary>
[Alias("monitor.partition.hand-over")]
internal interface IHandOver : IGrainWithStringKey
{
    /// <summary>Saves how far it is, with its keys as far as time allows, so that the silo that is next starts from here; and makes nobody wait for it any more.</summary>
    [Alias("hand-over")]
    Task HandOver();
}

/// <inheritdoc/>
[Alias("monitor.partition.reports.hand-over")]
internal interface IReportHandOver : IHandOver;

/// <inheritdoc/>
[Alias("monitor.partition.events.hand-over")]
internal interface IEventHandOver : IHandOver;
