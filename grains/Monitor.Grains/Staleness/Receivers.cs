namespace Monitor.Grains.Staleness;

/// <param name="Apart">Reports come by gateways that are processes of their own.</param>
internal sealed record Receivers(bool Apart);
