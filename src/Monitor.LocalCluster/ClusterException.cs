namespace Monitor.LocalCluster;

/// <summary>What was asked of a cluster, or of a program that it needs, could not be done. The message says why, and what would help.</summary>
public sealed class ClusterException(string message, Exception? cause = null) : InvalidOperationException(message, cause);
